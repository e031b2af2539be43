#include "base/yaml.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "base/file_reader.h"
#include "base/yaml_parser.h"
#include "base/yaml_source.h"

namespace base {
namespace {

using Kind = YamlTree::Kind;

constexpr std::int64_t max_days = 36'500;
constexpr std::int64_t max_size = std::int64_t{1} << 40;

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr Unit duration_units[] = {
    {"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
constexpr Unit size_units[] = {{"", 1},          {"k", 1 << 10}, {"KiB", 1 << 10}, {"M", 1 << 20},
                               {"MiB", 1 << 20}, {"G", 1 << 30}, {"GiB", 1 << 30}};

/// Plain decimal digits, as JSON writes a number: no sign but `-`, no leading zero.
std::optional<std::int64_t> parse_integer(std::string_view text) {
  const std::string_view digits = text.substr(text.substr(0, 1) == "-" ? 1 : 0);
  if (digits.empty() || (digits.size() > 1 && digits.front() == '0')) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// A positive number with one of `units` behind it, at most `highest` after multiplication.
template <std::size_t count>
std::optional<std::int64_t> parse_amount(std::string_view text, const Unit (&units)[count],
                                         std::int64_t highest) {
  const std::size_t unit_start = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_integer(text.substr(0, unit_start));
  if (!number || *number <= 0) return std::nullopt;
  for (const Unit& unit : units) {
    if (unit.name != text.substr(unit_start)) continue;
    if (*number > highest / unit.factor) return std::nullopt;
    return *number * unit.factor;
  }
  return std::nullopt;
}

std::string shown(const YamlTree::Node& node) {
  constexpr std::size_t longest = 40;
  const std::string text = shorten(node.text, longest);
  return node.kind == Kind::quoted ? "the quoted text '" + text + "'" : "'" + text + "'";
}

/// What stands there. The text of a scalar is shown only where a number or the like is expected:
/// elsewhere it may be a secret that was put into the wrong place.
std::string found(const YamlTree::Node& node, bool with_text) {
  switch (node.kind) {
    case Kind::null:
      return "nothing";
    case Kind::map:
      return "a map";
    case Kind::list:
      return "a list";
    case Kind::plain:
    case Kind::quoted:
      break;
  }
  return with_text ? shown(node) : "text";
}

}  // namespace

struct YamlNode::Tree : YamlTree {
  explicit Tree(YamlTree tree) : YamlTree(std::move(tree)) {}
};

YamlNode::YamlNode(std::shared_ptr<const Tree> tree, std::size_t index)
    : tree_(std::move(tree)), index_(index) {}

YamlNode YamlNode::parse(const std::string& text, std::string file) {
  return {std::make_shared<const Tree>(parse_yaml(text, std::move(file))), 0};
}

YamlNode YamlNode::load(const std::string& path) {
  const auto text = read_file(path, max_yaml_bytes);
  if (!text && text.error().code == Code::limit) {
    fail_at(path, 1, 1, "the file is larger than " + std::to_string(max_yaml_bytes) + " bytes");
  }
  if (!text) fail_at(path, 1, 1, "the file cannot be read: " + text.error().message);
  return parse(*text, path);
}

bool YamlNode::is_null() const { return tree_->nodes[index_].kind == Kind::null; }
bool YamlNode::is_map() const { return tree_->nodes[index_].kind == Kind::map; }
bool YamlNode::is_list() const { return tree_->nodes[index_].kind == Kind::list; }
bool YamlNode::is_scalar() const { return !is_null() && !is_map() && !is_list(); }
bool YamlNode::is_quoted() const { return tree_->nodes[index_].kind == Kind::quoted; }

std::string YamlNode::where() const {
  const YamlTree::Node& node = tree_->nodes[index_];
  return file() + ":" + std::to_string(node.line) + ":" + std::to_string(node.column);
}

const std::string& YamlNode::file() const { return tree_->file; }
int YamlNode::line() const { return tree_->nodes[index_].line; }

void YamlNode::fail(const std::string& sentence) const {
  const YamlTree::Node& node = tree_->nodes[index_];
  fail_at(tree_->file, node.line, node.column, sentence);
}

std::string YamlNode::text() const {
  if (!is_scalar()) fail("expected text; found " + found(tree_->nodes[index_], false));
  return tree_->nodes[index_].text;
}

bool YamlNode::boolean() const {
  const YamlTree::Node& node = tree_->nodes[index_];
  const bool yes = node.text == "true";
  if (node.kind != Kind::plain || (!yes && node.text != "false")) {
    fail("expected true or false; found " + found(node, true));
  }
  return yes;
}

std::int64_t YamlNode::integer(std::int64_t lowest, std::int64_t highest) const {
  const YamlTree::Node& node = tree_->nodes[index_];
  const auto value = parse_integer(node.text);
  if (node.kind != Kind::plain || !value || *value < lowest || *value > highest) {
    fail("expected a whole number from " + std::to_string(lowest) + " to " +
         std::to_string(highest) + "; found " + found(node, true));
  }
  return *value;
}

std::int64_t YamlNode::milliseconds() const {
  const YamlTree::Node& node = tree_->nodes[index_];
  const auto value = parse_amount(node.text, duration_units, max_days * 86'400'000);
  if (!value) {
    fail("expected a duration such as 250ms, 45s, 5m, 1h or 7d, at most " +
         std::to_string(max_days) + "d; found " + found(node, true));
  }
  return *value;
}

std::int64_t YamlNode::bytes() const {
  const YamlTree::Node& node = tree_->nodes[index_];
  const auto value = parse_amount(node.text, size_units, max_size);
  if (!value) {
    fail("expected a size such as 512, 16k, 1M or 4MiB, at most 1024G; found " + found(node, true));
  }
  return *value;
}

std::vector<YamlNode> YamlNode::items() const {
  const YamlTree::Node& node = tree_->nodes[index_];
  if (!is_list()) fail("expected a list; found " + found(node, false));
  std::vector<YamlNode> items;
  for (const std::size_t child : node.children) items.push_back({tree_, child});
  return items;
}

std::vector<std::string> YamlNode::texts() const {
  std::vector<std::string> texts;
  for (const YamlNode& item : items()) texts.push_back(item.text());
  return texts;
}

std::vector<std::pair<YamlNode, YamlNode>> YamlNode::entries() const {
  const YamlTree::Node& node = tree_->nodes[index_];
  if (!is_map()) fail("expected a map; found " + found(node, false));
  std::vector<std::pair<YamlNode, YamlNode>> entries;
  for (std::size_t at = 0; at + 1 < node.children.size(); at += 2) {
    entries.push_back({{tree_, node.children[at]}, {tree_, node.children[at + 1]}});
  }
  return entries;
}

}  // namespace base
