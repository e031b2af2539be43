#include "tools/exported_name.h"

#include <algorithm>

#include "base/crypto.h"

namespace tools {
namespace {

constexpr std::size_t hash_length = 8;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

std::string joined(std::string_view prefix, std::string_view tool) {
  std::string name;
  if (!prefix.empty()) name.append(prefix).append("__");
  return name.append(tool);
}

std::string with_hash(std::string name, std::string_view server, std::string_view tool,
                      std::size_t longest, unsigned attempt) {
  for (char& c : name) {
    if (!is_plain(c)) c = '_';
  }
  std::string id = std::string(server) + "/" + std::string(tool);
  if (attempt > 0) id.append("\n").append(std::to_string(attempt));  // no tool's name has line ends
  name.resize(std::min(name.size(), longest - hash_length - 1));
  return name + "_" + base::blake2b_hex(id).substr(0, hash_length);
}

}  // namespace

std::string exported_name(std::string_view prefix, std::string_view server, std::string_view tool,
                          std::size_t longest) {
  std::string name = joined(prefix, tool);
  bool fits = name.size() <= longest;
  for (const char c : name) fits = fits && is_plain(c);
  return fits ? name : with_hash(std::move(name), server, tool, longest, 0);
}

std::string distinct_name(std::string_view prefix, std::string_view server, std::string_view tool,
                          std::size_t longest, unsigned attempt) {
  return with_hash(joined(prefix, tool), server, tool, longest, attempt);
}

std::string free_name(std::string_view prefix, std::string_view server, std::string_view tool,
                      std::size_t longest,
                      const std::function<bool(const std::string&)>& is_taken) {
  std::string name = exported_name(prefix, server, tool, longest);
  if (!is_taken(name)) return name;
  name = exported_name(server, server, tool, longest);
  for (unsigned attempt = 0; is_taken(name); ++attempt) {
    name = distinct_name(server, server, tool, longest, attempt);
  }
  return name;
}

}  // namespace tools
