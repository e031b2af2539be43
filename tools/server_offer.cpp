#include "tools/server_offer.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/crypto.h"
#include "tools/uri_template.h"

namespace tools {
namespace {

using base::Json;

constexpr std::size_t longest_prompt_name = 128;  // as of tools
constexpr std::size_t longest_uri = 4096;

bool has_control(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
}

std::string prompt_problem(const std::string& name) {
  if (name.empty() || name.size() > longest_prompt_name || has_control(name)) {
    return "its name is not 1 to 128 printable bytes";
  }
  return {};
}

std::string uri_problem_of(const std::string& uri) {
  if (uri.empty() || uri.size() > longest_uri || has_control(uri)) {
    return "its URI is not 1 to 4096 printable bytes";
  }
  if (uri.starts_with(own_scheme)) return "its URI begins with sluice://, which is Sluice's own";
  return {};
}

// A template that may make any URI says nothing of which are the server's.
std::string template_problem_of(const std::string& text) {
  std::string problem = uri_problem_of(text);
  if (problem.empty() && UriTemplate(text).head().find(':') == std::string::npos) {
    problem = "its template does not begin with a scheme";
  }
  return problem;
}

template <class Problem>
std::vector<ServerOffer> read(std::vector<Json> definitions, const char* key,
                              const Problem& problem) {
  std::vector<ServerOffer> offers;
  std::set<std::string> names;
  for (Json& definition : definitions) {
    ServerOffer offer;
    if (const std::string* name = base::find_string(definition, key)) offer.name = *name;
    offer.definition_hash = base::blake2b_hex(base::dump_json(definition));
    offer.quarantine = problem(offer.name);
    if (offer.quarantine.empty() && !names.insert(offer.name).second) {
      offer.quarantine = "the server lists it more than once";
    }
    offer.definition = std::move(definition);
    offers.push_back(std::move(offer));
  }
  return offers;
}

}  // namespace

std::vector<ServerOffer> read_prompts(std::vector<Json> definitions) {
  return read(std::move(definitions), "name", prompt_problem);
}

std::vector<ServerOffer> read_resources(std::vector<Json> definitions) {
  return read(std::move(definitions), "uri", uri_problem_of);
}

std::vector<ServerOffer> read_templates(std::vector<Json> definitions) {
  return read(std::move(definitions), "uriTemplate", template_problem_of);
}

}  // namespace tools
