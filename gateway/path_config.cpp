#include "gateway/path_config.h"

#include <algorithm>
#include <system_error>

#include "base/file_reader.h"
#include "gateway/expand.h"

namespace gateway {
namespace {

/// A directory's name may hold characters that mean something in a pattern.
std::string escape_glob(const std::string& path) {
  std::string escaped;
  for (const char c : path) {
    if (c == '*' || c == '?' || c == '[' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

}  // namespace

std::vector<std::filesystem::path> match_files(const base::YamlNode& list,
                                               const std::filesystem::path& directory,
                                               bool none_yet) {
  std::vector<std::filesystem::path> files;
  bool may_be_empty = false;
  for (const base::YamlNode& item : list.items()) {
    const std::string pattern = expand_or_fail(item, directory);
    if (pattern.empty()) item.fail("a pattern must not be empty");
    const bool absolute = pattern.front() == '/';
    const auto matched =
        base::match_pattern(absolute ? pattern : escape_glob(directory.string() + "/") + pattern);
    if (matched.empty()) {
      may_be_empty = none_yet && pattern.find_first_of("*?[") != std::string::npos;
      if (may_be_empty) continue;
      item.fail("the pattern '" + pattern + "' matches no file in " + directory.string());
    }
    for (const auto& match : matched) {
      const std::filesystem::path file = match.lexically_normal();
      std::error_code unknown;
      if (std::filesystem::is_directory(file, unknown)) {
        item.fail("the pattern '" + pattern + "' matches the directory " + file.string());
      }
      if (std::find(files.begin(), files.end(), file) == files.end()) files.push_back(file);
    }
  }
  if (files.empty() && !may_be_empty) list.fail("expected at least one pattern; found an empty list");
  return files;
}

std::filesystem::path parse_database(const base::YamlNode& node,
                                     const std::filesystem::path& directory) {
  const std::string text = expand_or_fail(node, directory);
  const std::string scheme = "sqlite:";
  // The rest is not shown: it may hold a password.
  for (const std::string other : {"redis://", "rediss://", "redis+unix://"}) {
    if (text.starts_with(other)) {
      node.fail("'" + other +
                "' is not supported yet: a journal on Redis is not part of this build");
    }
  }
  if (!text.starts_with(scheme)) node.fail("expected sqlite:PATH");
  const std::filesystem::path path = text.substr(scheme.size());
  if (!path.has_filename() || path.filename() == "." || path.filename() == "..") {
    node.fail("expected sqlite:PATH; the path names no file");
  }
  return (directory / path).lexically_normal();
}

}  // namespace gateway
