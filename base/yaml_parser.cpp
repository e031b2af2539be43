#include "base/yaml_parser.h"

#include <sstream>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "base/utf8.h"
#include "base/yaml.h"
#include "base/yaml_source.h"

namespace base {
namespace {

constexpr std::size_t max_depth = 32;
constexpr std::size_t max_nodes = 100'000;
constexpr std::size_t longest_sentence = 1'000;

/// Builds the tree from yaml-cpp's events. Its own Node would resolve aliases and keep duplicate
/// keys in silence.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, std::string file) : text_(text) {
    tree_.file = std::move(file);
  }

  YamlTree take() {
    if (tree_.nodes.empty()) tree_.nodes.emplace_back();
    return std::move(tree_);
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) fail(mark, "a file holds one document; found more after its end");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    // yaml-cpp gives an absent value the place of the next token: its key's place serves people
    // better.
    const std::size_t key = open_.empty() ? no_key : open_.back().key;
    const std::size_t index = add(YamlTree::Kind::null, mark);
    if (key == no_key) return;
    tree_.nodes[index].line = tree_.nodes[key].line;
    tree_.nodes[index].column = tree_.nodes[key].column;
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& value) override {
    if (tag == "!") {
      check_quoted(mark);
    } else {
      check_tag(mark, tag);
    }
    if (value.find('\0') != std::string::npos) fail(mark, "text must not hold a NUL character");
    // yaml-cpp turns the escapes \_ and \N into single bytes.
    if (!is_utf8(value))
      fail(mark, "text must be UTF-8; write \\u00a0 for \\_ and \\u0085 for \\N");
    const bool plain = tag != "!";
    const bool is_key = expects_key();
    const std::size_t index = add(plain ? YamlTree::Kind::plain : YamlTree::Kind::quoted, mark);
    tree_.nodes[index].text = value;
    if (is_key) check_unique(mark, index);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    check_tag(mark, tag);
    open(add(YamlTree::Kind::list, mark), mark);
  }
  void OnSequenceEnd() override { open_.pop_back(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    check_tag(mark, tag);
    open(add(YamlTree::Kind::map, mark), mark);
  }
  void OnMapEnd() override { open_.pop_back(); }

  void OnAnchor(const YAML::Mark& mark, const std::string&) override {
    fail(mark, "anchors (&) are not accepted; quote text that begins with '&'");
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { fail_alias(mark); }

  /// yaml-cpp looks an alias up before it reports it, so that most arrive as its exceptions.
  [[noreturn]] void fail(const YAML::Exception& problem) const {
    using namespace YAML::ErrorMsg;
    if (problem.msg == UNKNOWN_ANCHOR || problem.msg == ALIAS_NOT_FOUND ||
        problem.msg == CHAR_IN_ALIAS) {
      fail_alias(problem.mark);
    }
    fail(problem.mark, "this is not YAML: " + problem.msg);
  }

 private:
  static constexpr std::size_t no_key = static_cast<std::size_t>(-1);

  /// A list or map whose end has not been seen.
  struct Open {
    std::size_t index;
    std::size_t key = no_key;  ///< of a map: the key that waits for its value
    std::unordered_map<std::string, std::size_t> keys = {};
  };

  [[noreturn]] void fail(const YAML::Mark& mark, const std::string& sentence) const {
    const bool known = !mark.is_null();  // Mark counts from 0
    fail_at(tree_.file, known ? mark.line + 1 : 1, known ? mark.column + 1 : 1, sentence);
  }

  [[noreturn]] void fail_alias(const YAML::Mark& mark) const {
    fail(mark, "aliases (*) are not accepted; quote text that begins with '*'");
  }

  void check_tag(const YAML::Mark& mark, const std::string& tag) const {
    if (tag != "?") fail(mark, "tags (!) are not accepted; quote text that begins with '!'");
  }

  /// yaml-cpp's tag `!` stands for a quoted or block scalar, and for a written `!`.
  void check_quoted(const YAML::Mark& mark) const {
    const auto at = static_cast<std::size_t>(mark.pos);
    if (at >= text_.size() || text_[at] == '!') check_tag(mark, "!");
    if (!is_closed_scalar(text_, at)) fail(mark, "this quoted text never ends");
  }

  bool expects_key() const {
    return !open_.empty() && tree_.nodes[open_.back().index].kind == YamlTree::Kind::map &&
           open_.back().key == no_key;
  }

  void check_unique(const YAML::Mark& mark, std::size_t index) {
    const auto [earlier, is_new] =
        open_.back().keys.emplace(tree_.nodes[index].text, static_cast<std::size_t>(mark.line) + 1);
    if (is_new) return;
    fail(mark, "the key '" + earlier->first + "' is written twice: on line " +
                   std::to_string(earlier->second) + " and here on line " +
                   std::to_string(mark.line + 1));
  }

  std::size_t add(YamlTree::Kind kind, const YAML::Mark& mark) {
    const std::size_t index = tree_.nodes.size();
    if (index == max_nodes) {
      fail(mark, "the file has more than " + std::to_string(max_nodes) + " values");
    }
    const bool is_key = expects_key();
    if (is_key && kind != YamlTree::Kind::plain && kind != YamlTree::Kind::quoted) {
      fail(mark, "a key must be text");
    }
    tree_.nodes.push_back({kind, mark.line + 1, mark.column + 1, {}, {}});
    if (open_.empty()) return index;
    tree_.nodes[open_.back().index].children.push_back(index);
    open_.back().key = is_key ? index : no_key;
    return index;
  }

  void open(std::size_t index, const YAML::Mark& mark) {
    if (open_.size() == max_depth) {
      fail(mark, "the file is nested deeper than " + std::to_string(max_depth) + " levels");
    }
    open_.push_back({index});
  }

  std::string_view text_;
  YamlTree tree_;
  std::vector<Open> open_;
  int documents_ = 0;
};

}  // namespace

std::string shorten(const std::string& text, std::size_t longest) {
  if (text.size() <= longest) return text;
  std::size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

void fail_at(const std::string& file, int line, int column, const std::string& sentence) {
  std::string shown = shorten(sentence, longest_sentence);
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  throw ConfigError(file + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " +
                    shown);
}

YamlTree parse_yaml(const std::string& text, std::string file) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  const bool marked = text.compare(0, byte_order_mark.size(), byte_order_mark) == 0;
  const std::string source = marked ? text.substr(byte_order_mark.size()) : text;
  check_yaml_source(source, file);
  TreeBuilder builder(source, std::move(file));
  std::istringstream stream(source);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& problem) {
    builder.fail(problem);
  }
  return builder.take();
}

}  // namespace base
