#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace base {

/// A mistake in a configuration or policy file: what() is `FILE:LINE:COLUMN: sentence`. Thrown only
/// while loading.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The closest of `candidates` to `name` by edit distance, or "" when none is near.
std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates);

/// One node of a strictly read YAML file: no aliases, no duplicate keys, bounded size, depth and
/// node count; every error carries the position. yaml-cpp stands behind this header. Scalars are
/// read as text and typed by the reader: `no` is a boolean only where one is asked for.
class YamlNode {
 public:
  static YamlNode parse(const std::string& text, std::string file);
  static YamlNode load(const std::string& path);

  bool is_null() const;
  bool is_scalar() const;
  bool is_quoted() const;  ///< a scalar in quotes or as a block: text, whatever it looks like
  bool is_map() const;
  bool is_list() const;

  /// `FILE:LINE:COLUMN`; line and column from 1.
  std::string where() const;
  const std::string& file() const;
  int line() const;
  [[noreturn]] void fail(const std::string& sentence) const;

  std::string text() const;  ///< a scalar, as written (unquoted or quoted)
  bool boolean() const;      ///< true or false
  std::int64_t integer(std::int64_t lowest, std::int64_t highest) const;
  std::int64_t milliseconds() const;       ///< `250ms`, `45s`, `5m`, `1h`, `7d`; positive
  std::int64_t bytes() const;              ///< `512`, `16k`, `1M`, `4MiB`; positive
  std::vector<YamlNode> items() const;     ///< a list
  std::vector<std::string> texts() const;  ///< a list of scalars
  /// A map's entries in file order; the first is the key's own node.
  std::vector<std::pair<YamlNode, YamlNode>> entries() const;

 private:
  struct Tree;
  YamlNode(std::shared_ptr<const Tree> tree, std::size_t index);
  std::shared_ptr<const Tree> tree_;
  std::size_t index_ = 0;
};

/// How one key of a map is read.
struct YamlKey {
  std::string name;
  std::function<void(const YamlNode&)> read;
};

/// Reads a map by a table of keys. An unknown key fails, naming the nearest valid one, else all. A
/// key in `not_built` fails with `KEY is not supported yet` and its reason: configuration is never
/// accepted and ignored.
void read_map(const YamlNode& map, const std::vector<YamlKey>& keys,
              const std::vector<std::pair<std::string, std::string>>& not_built = {});

}  // namespace base
