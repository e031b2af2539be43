#include "gateway/expand.h"

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>

namespace gateway {
namespace {

constexpr std::size_t max_file_bytes = 64 << 10;

/// What stands between `${` and `}`.
struct Reference {
  std::string kind, name;
  std::optional<std::string> fallback;
};

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

/// The value, or an empty optional and the reason in `missing`.
std::optional<std::string> read_variable(const std::string& name, std::string& missing) {
  const char* value = std::getenv(name.c_str());
  if (value != nullptr) return value;
  missing = "the environment variable " + name + " is not set";
  return std::nullopt;
}

std::optional<std::string> read_file(const std::filesystem::path& path, std::string& missing) {
  const std::string cannot = "the file " + path.string() + " cannot be read: ";
  std::error_code error;
  const bool regular = std::filesystem::is_regular_file(path, error);
  if (error || !regular) {
    missing = cannot + (error ? error.message() : "it is no regular file");
    return std::nullopt;
  }
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  std::string text(max_file_bytes + 1, '\0');
  if (stream) stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!stream.is_open() || stream.bad()) {
    missing = cannot + std::generic_category().message(errno);
    return std::nullopt;
  }
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > max_file_bytes) {
    missing = cannot + "it is larger than " + std::to_string(max_file_bytes) + " bytes";
    return std::nullopt;
  }
  text.erase(text.find_last_not_of("\r\n") + 1);
  return text;
}

std::string value_of(const base::YamlNode& node, const Reference& reference,
                     const std::filesystem::path& directory, std::string& missing) {
  std::string reason;
  std::optional<std::string> value;
  if (reference.kind == "env") {
    value = read_variable(reference.name, reason);
    if (reference.fallback && value && value->empty()) value.reset();
  } else if (reference.kind == "file") {
    value = read_file((directory / reference.name).lexically_normal(), reason);
  } else if (reference.kind == "secret") {
    node.fail("'${secret:" + reference.name +
              "}' is not supported yet: the store of secrets is not part of this build; "
              "use ${env:NAME} or ${file:PATH}");
  } else if (reference.kind.empty()) {
    node.fail("'${" + reference.name + "}' is not supported yet: write ${env:" + reference.name +
              "}");
  } else {
    node.fail("unknown form '${" + reference.kind + ":…}'; expected ${env:NAME} or ${file:PATH}");
  }
  if (!value) value = reference.fallback;
  if (!value && missing.empty()) missing = reason;
  return value.value_or("");
}

}  // namespace

Expanded expand(const base::YamlNode& node, const std::filesystem::path& directory) {
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
    result.text += value_of(node, reference, directory, result.missing);
    at = end + 1;
  }
}

std::string expand_or_fail(const base::YamlNode& node, const std::filesystem::path& directory) {
  Expanded expanded = expand(node, directory);
  if (!expanded.missing.empty()) node.fail(expanded.missing);
  return std::move(expanded.text);
}

}  // namespace gateway
