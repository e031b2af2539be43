// A configuration file: it is read whole, or refused with its place and a reason.
#include "base/yaml.h"
#include "tests/fuzz/fuzz.h"

namespace {

// Whatever a reader may ask of a scalar.
void ask(const base::YamlNode& scalar) {
  const auto each = {+[](const base::YamlNode& n) { (void)n.text(); },
                     +[](const base::YamlNode& n) { (void)n.boolean(); },
                     +[](const base::YamlNode& n) { (void)n.integer(-5, 5); },
                     +[](const base::YamlNode& n) {
                       fuzz::require(n.milliseconds() > 0, "a duration is positive");
                     },
                     +[](const base::YamlNode& n) {
                       fuzz::require(n.bytes() > 0, "a size is positive");
                     }};
  for (const auto question : each) {
    try {
      question(scalar);
    } catch (const base::ConfigError& error) {
      fuzz::require(std::string_view(error.what()).starts_with("f:"), "a refusal has its place");
    }
  }
}

void walk(const base::YamlNode& node, int depth) {
  fuzz::require(depth <= 40, "documents are not deep");
  fuzz::require(node.line() >= 1, "every node has a line");
  if (node.is_map()) {
    for (const auto& [key, value] : node.entries()) {
      (void)key.text();
      walk(value, depth + 1);
    }
  } else if (node.is_list()) {
    for (const base::YamlNode& item : node.items()) walk(item, depth + 1);
  } else {
    ask(node);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    walk(base::YamlNode::parse(std::string(fuzz::text_of(data, size)), "f"), 0);
  } catch (const base::ConfigError& error) {
    const std::string_view what = error.what();
    fuzz::require(what.starts_with("f:") && what.size() > 8, "a refusal has its place and a reason");
  }
  return 0;
}
