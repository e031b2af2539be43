#include "gateway/pipeline/exported_uris.h"

namespace gateway::pipeline {
namespace {

using base::Json;

// Hands every member `key` of the object, when it is there, to `use`.
template <class Use>
void with_member(Json& object, const char* key, const Use& use) {
  if (!object.is_object()) return;
  const auto found = object.find(key);
  if (found != object.end()) use(*found);
}

template <class Use>
void each(Json& list, const Use& use) {
  if (!list.is_array()) return;
  for (Json& item : list) use(item);
}

/// The URIs of one result.
class Uris {
 public:
  explicit Uris(const Call& call) : call_(call), known_(call.snapshot->catalog->resources()) {}

  void in_result(Json& result) const {
    with_member(result, "contents", [&](Json& list) {
      each(list, [&](Json& part) { in_holder(part); });
    });
    with_member(result, "content", [&](Json& list) { in_blocks(list); });
    with_member(result, "messages", [&](Json& list) {
      each(list, [&](Json& message) {
        with_member(message, "content", [&](Json& content) {
          content.is_array() ? in_blocks(content) : in_block(content);
        });
      });
    });
  }

 private:
  void in_blocks(Json& blocks) const {
    each(blocks, [&](Json& block) { in_block(block); });
  }

  // A link has the URI itself, an embedded resource inside.
  void in_block(Json& block) const {
    in_holder(block);
    with_member(block, "resource", [&](Json& resource) { in_holder(resource); });
  }

  void in_holder(Json& holder) const {
    with_member(holder, "uri", [&](Json& uri) {
      if (!uri.is_string()) return;
      const std::string& written = uri.get_ref<const std::string&>();
      const bool is_asked =
          call_.primitive == policies::Primitive::resource && written == call_.uri;
      uri = is_asked ? call_.asked : known_.exported_uri(call_.server(), written);
    });
  }

  const Call& call_;
  const tools::ResourceCatalog& known_;
};

}  // namespace

void export_uris(const Call& call, Json& result) {
  const bool asked_otherwise =
      call.primitive == policies::Primitive::resource && call.asked != call.uri;
  if (!asked_otherwise && !call.snapshot->catalog->resources().rewrites(call.server())) return;
  Uris(call).in_result(result);
}

}  // namespace gateway::pipeline
