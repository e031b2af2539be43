#include "tools/schema/uri.h"

#include <algorithm>
#include <charconv>

namespace tools::schema {
namespace {

// Each part keeps its delimiter ("https:", "//host", "?q"), so that an empty one is an absent one.
struct Parts {
  std::string_view scheme, authority, path, query, fragment;
};

std::string_view take(std::string_view& text, std::size_t size) {
  const std::string_view taken = text.substr(0, size);
  text.remove_prefix(taken.size());
  return taken;
}

Parts split(std::string_view text) {
  Parts parts;
  const std::size_t colon = text.find_first_of(":/?#");
  if (colon != std::string_view::npos && colon > 0 && text[colon] == ':')
    parts.scheme = take(text, colon + 1);
  if (text.substr(0, 2) == "//")
    parts.authority = take(text, std::min(text.find_first_of("/?#", 2), text.size()));
  parts.path = take(text, std::min(text.find_first_of("?#"), text.size()));
  parts.query = take(text, std::min(text.find('#'), text.size()));
  parts.fragment = text;
  return parts;
}

void remove_last_segment(std::string& path) {
  const std::size_t slash = path.rfind('/');
  path.resize(slash == std::string::npos ? 0 : slash);
}

// RFC 3986 §5.2.4.
std::string remove_dots(std::string_view in) {
  std::string out;
  while (!in.empty()) {
    if (in.starts_with("../")) {
      in.remove_prefix(3);
    } else if (in.starts_with("./") || in.starts_with("/./")) {
      in.remove_prefix(2);
    } else if (in == "/.") {
      in = "/";
    } else if (in.starts_with("/../")) {
      in.remove_prefix(3);
      remove_last_segment(out);
    } else if (in == "/..") {
      in = "/";
      remove_last_segment(out);
    } else if (in == "." || in == "..") {
      in = {};
    } else {
      out += take(in, std::min(in.find('/', 1), in.size()));
    }
  }
  return out;
}

std::string merge(const Parts& base, std::string_view path) {
  if (!base.authority.empty() && base.path.empty()) return std::string("/").append(path);
  const std::size_t slash = base.path.rfind('/');
  const std::size_t kept = slash == std::string_view::npos ? 0 : slash + 1;
  return std::string(base.path.substr(0, kept)).append(path);
}

std::string join(std::string_view scheme, std::string_view authority, std::string_view path,
                 std::string_view query) {
  return std::string(scheme).append(authority).append(path).append(query);
}

}  // namespace

Target resolve_uri(std::string_view base_text, std::string_view reference) {
  const Parts base = split(base_text);
  const Parts ref = split(reference);
  Target target;
  if (!ref.fragment.empty()) target.fragment = ref.fragment.substr(1);
  if (!ref.scheme.empty()) {
    target.document = join(ref.scheme, ref.authority, remove_dots(ref.path), ref.query);
  } else if (!ref.authority.empty()) {
    target.document = join(base.scheme, ref.authority, remove_dots(ref.path), ref.query);
  } else if (ref.path.empty()) {
    const auto query = ref.query.empty() ? base.query : ref.query;
    target.document = join(base.scheme, base.authority, base.path, query);
  } else {
    const std::string path = ref.path[0] == '/' ? std::string(ref.path) : merge(base, ref.path);
    target.document = join(base.scheme, base.authority, remove_dots(path), ref.query);
  }
  return target;
}

std::optional<std::string> decode_percent(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned char byte = 0;
    const char* digits = text.data() + i + 1;
    if (i + 2 >= text.size()) return std::nullopt;
    if (std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2) return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

}  // namespace tools::schema
