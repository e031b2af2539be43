#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace base {

/// A YAML document as read: the first node is the root.
struct YamlTree {
  enum class Kind { null, plain, quoted, map, list };

  struct Node {
    Kind kind = Kind::null;
    int line = 1;
    int column = 1;
    std::string text;                   ///< of a scalar
    std::vector<std::size_t> children;  ///< of a list; of a map: key, value, key, value …
  };

  std::string file;
  std::vector<Node> nodes;
};

/// Reads one document with yaml-cpp, strictly: what yaml-cpp passes over in silence (duplicate
/// keys, anchors, tags, directives, further documents, quotes that never close) is a ConfigError
/// here. Bounded: 1 MiB of UTF-8, 32 levels, 100,000 nodes.
YamlTree parse_yaml(const std::string& text, std::string file);

/// The text, or as many whole characters of it as fit into `longest` bytes and an ellipsis.
std::string shorten(const std::string& text, std::size_t longest);

/// Throws a ConfigError: `FILE:LINE:COLUMN: sentence`. It is one line of bounded length, whatever
/// of the file it shows.
[[noreturn]] void fail_at(const std::string& file, int line, int column,
                          const std::string& sentence);

}  // namespace base
