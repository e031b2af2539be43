#include "gateway/expand.h"

#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

#include "base/file_reader.h"

namespace gateway {
namespace {

constexpr std::size_t max_file_bytes = 64 << 10;

Reference parse_reference(const base::YamlNode& node, const std::string& body) {
  Reference reference;
  const std::size_t colon = body.find(':');
  std::string rest = body;
  if (colon != std::string::npos && body.compare(colon, 2, ":-") != 0) {
    reference.kind = body.substr(0, colon);
    rest = body.substr(colon + 1);
  }
  const std::size_t fallback = rest.find(":-");
  reference.name = rest.substr(0, fallback);
  if (fallback != std::string::npos) reference.fallback = rest.substr(fallback + 2);
  if (body.find("${") != std::string::npos) node.fail("'${' must not stand inside another '${'");
  if (reference.name.empty()) node.fail("'${" + reference.kind + ":}' names nothing");
  return reference;
}

}  // namespace

std::optional<std::string> read_variable(const Reference& reference, std::string& missing) {
  const char* value = std::getenv(reference.name.c_str());
  if (value != nullptr && (*value != '\0' || !reference.fallback)) return value;
  missing = "the environment variable " + reference.name + " is not set";
  return std::nullopt;
}

std::optional<std::string> read_value_file(const std::filesystem::path& path,
                                           std::string& missing) {
  auto text = base::read_file(path, max_file_bytes);
  if (!text) {
    missing = "the file " + path.string() + " cannot be read: " + text.error().message;
    return std::nullopt;
  }
  text->erase(text->find_last_not_of("\r\n") + 1);
  return std::move(*text);
}

Expanded expand_references(const base::YamlNode& node, const ReferenceLookup& lookup) {
  const std::string text = node.text();
  Expanded result;
  std::size_t at = 0;
  while (true) {
    const std::size_t start = text.find("${", at);
    result.text += text.substr(at, start - at);
    if (start == std::string::npos) return result;
    const std::size_t end = text.find('}', start);
    if (end == std::string::npos) node.fail("'${' without its '}'");
    const Reference reference = parse_reference(node, text.substr(start + 2, end - start - 2));
    std::string missing;
    std::optional<std::string> value = lookup(node, reference, missing);
    // Without a kind it is a variable, or one of a client's own words, which are no secrets.
    if (value && (!reference.kind.empty() || std::getenv(reference.name.c_str()) != nullptr)) {
      result.values.push_back(*value);
    }
    if (!value) value = reference.fallback;
    if (!value && result.missing.empty()) result.missing = missing;
    result.text += value.value_or("");
    at = end + 1;
  }
}

Expanded expand(const base::YamlNode& node, const std::filesystem::path& directory) {
  return expand_references(node, [&](const base::YamlNode& place, const Reference& reference,
                                     std::string& missing) {
    if (reference.kind == "env") return read_variable(reference, missing);
    if (reference.kind == "file") {
      return read_value_file((directory / reference.name).lexically_normal(), missing);
    }
    if (reference.kind == "secret") {
      place.fail("'${secret:" + reference.name +
                 "}' is not supported yet: the store of secrets is not part of this build; "
                 "use ${env:NAME} or ${file:PATH}");
    }
    if (reference.kind.empty()) {
      place.fail("'${" + reference.name + "}' is not supported yet: write ${env:" + reference.name +
                 "}");
    }
    place.fail("unknown form '${" + reference.kind + ":…}'; expected ${env:NAME} or ${file:PATH}");
  });
}

std::string expand_or_fail(const base::YamlNode& node, const std::filesystem::path& directory) {
  Expanded expanded = expand(node, directory);
  if (!expanded.missing.empty()) node.fail(expanded.missing);
  return std::move(expanded.text);
}

}  // namespace gateway
