#include "tools/schema/ecma.h"

#include <charconv>
#include <limits>
#include <utility>

namespace tools::schema {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr std::size_t max_groups_deep = 100;

Error refuse(std::string_view why) { return {Code::invalid, std::string(why), {}}; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// One atom: a character (which may begin a range inside a class) or a set.
struct Atom {
  CharSet set;
  bool single = false;

  static Atom character(char32_t value) {
    Atom atom;
    atom.set.add(value);
    atom.single = true;
    return atom;
  }
};

class Translator {
 public:
  // When it `only_checks`, what RE2 has no words for is read over.
  explicit Translator(std::string_view pattern, bool only_checks = false)
      : in_(pattern), only_checks_(only_checks) {}

  Result<Translation> run() {
    while (at_ < in_.size())
      if (auto done = step(); !done) return done.error();
    if (depth_ != 0) return refuse("has an unclosed group");
    Translation result{std::move(out_), {}};
    if ((shape_ == "^s$" || shape_ == "^sq$") && run_.set.properties.empty())
      result.run = std::move(run_);
    return result;
  }

 private:
  base::Status step();
  base::Status open_group();
  base::Status brace();
  base::Status outside_escape();
  base::Status back_reference();
  Result<Atom> escape();
  Result<Atom> property(bool negated);
  Result<Atom> unicode_escape();
  Result<char32_t> hex_digits(std::size_t count);
  Result<CharSet> character_class();
  Result<Atom> class_atom();

  bool next_is(std::string_view text) const { return in_.substr(at_).starts_with(text); }

  // `shape_` is the sequence of what was seen, one letter each, so that a Run is recognised.
  base::Status emit(std::string_view text, char shape) {
    out_ += text;
    shape_ += shape;
    return {};
  }

  base::Status emit(CharSet set) {
    out_ += set.to_re2();
    shape_ += 's';
    run_.set = std::move(set);
    return {};
  }

  base::Status quantifier(std::string_view text, std::size_t min, std::size_t max) {
    if (shape_.empty() || (shape_.back() != 's' && shape_.back() != ')'))
      return refuse("has a quantifier behind nothing that it could repeat");
    run_.min = min;
    run_.max = max;
    out_ += text;
    if (next_is("?")) out_ += in_[at_++];
    shape_ += 'q';
    return {};
  }

  std::string_view in_;
  bool only_checks_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::string out_;
  std::string shape_;
  Run run_;
};

base::Status Translator::step() {
  constexpr std::size_t unbounded = std::numeric_limits<std::size_t>::max();
  const std::size_t before = at_;
  const char32_t c = next_character(in_, at_);
  switch (c) {
    case '^':
      return emit("\\A", '^');
    case '$':
      return emit("\\z", '$');
    case '|':
      return emit("|", '|');
    case '.':
      return emit(any_character());
    case '*':
      return quantifier("*", 0, unbounded);
    case '+':
      return quantifier("+", 1, unbounded);
    case '?':
      return quantifier("?", 0, 1);
    case '(':
      return open_group();
    case ')':
      if (depth_-- == 0) return refuse("has an unmatched )");
      return emit(")", ')');
    case '{':
      at_ = before;
      return brace();
    case '\\':
      return outside_escape();
    case '[': {
      auto set = character_class();
      if (!set) return set.error();
      return emit(*std::move(set));
    }
    default:
      return emit(Atom::character(c).set);
  }
}

base::Status Translator::open_group() {
  if (++depth_ > max_groups_deep) return refuse("nests groups too deeply");
  const bool ahead = next_is("?=") || next_is("?!");
  const bool behind = next_is("?<=") || next_is("?<!");
  if (ahead && !only_checks_) return refuse("uses look-ahead, which is not supported");
  if (behind && !only_checks_) return refuse("uses look-behind, which is not supported");
  if (behind) {
    at_ += 3;
  } else if (ahead || next_is("?:")) {
    at_ += 2;
  } else if (next_is("?<")) {
    const std::size_t end = in_.find('>', at_);
    if (end == std::string_view::npos) return refuse("has an unclosed group name");
    at_ = end + 1;
  } else if (next_is("?")) {
    return refuse("has a group that ECMA-262 does not know");
  }
  return emit("(?:", '(');
}

// A quantifier, or a brace that stands for itself (ECMA-262 annex B.1.2).
base::Status Translator::brace() {
  const std::size_t begin = at_++;
  std::size_t counts[2] = {0, std::numeric_limits<std::size_t>::max()};
  const auto number = [this](std::size_t& value) {
    const auto [end, failed] = std::from_chars(in_.data() + at_, in_.data() + in_.size(), value);
    const bool any = end != in_.data() + at_;
    at_ = static_cast<std::size_t>(end - in_.data());
    return any && failed == std::errc{};
  };
  bool valid = at_ < in_.size() && is_digit(in_[at_]) && number(counts[0]);
  if (valid && next_is(",")) {
    ++at_;
    if (at_ < in_.size() && is_digit(in_[at_])) valid = number(counts[1]);
  } else {
    counts[1] = counts[0];
  }
  if (valid && next_is("}")) {
    ++at_;
    if (counts[0] > counts[1]) return refuse("has a quantifier whose numbers are out of order");
    return quantifier(in_.substr(begin, at_ - begin), counts[0], counts[1]);
  }
  at_ = begin + 1;
  return emit(Atom::character('{').set);
}

base::Status Translator::outside_escape() {
  if (next_is("b") || next_is("B")) return emit(in_[at_++] == 'b' ? "\\b" : "\\B", 'b');
  if ((at_ < in_.size() && in_[at_] >= '1' && in_[at_] <= '9') || next_is("k")) {
    if (!only_checks_) return refuse("uses a back-reference, which is not supported");
    return back_reference();
  }
  auto atom = escape();
  if (!atom) return atom.error();
  return emit(std::move(atom->set));
}

base::Status Translator::back_reference() {
  if (in_[at_] != 'k') {
    while (at_ < in_.size() && is_digit(in_[at_])) ++at_;
    return emit("", 's');
  }
  const std::size_t end = in_.find('>', at_);
  if (!next_is("k<") || end == std::string_view::npos || end == at_ + 2)
    return refuse("has a bad back-reference");
  at_ = end + 1;
  return emit("", 's');
}

Result<Atom> Translator::escape() {
  if (at_ == in_.size()) return refuse("ends in a backslash");
  const char c = in_[at_++];
  if (auto set = class_escape(c)) return Atom{*std::move(set), false};
  constexpr std::pair<char, char> controls[] = {
      {'t', '\t'}, {'n', '\n'}, {'v', '\v'}, {'f', '\f'}, {'r', '\r'}};
  for (const auto& [letter, control] : controls)
    if (c == letter) return Atom::character(static_cast<char32_t>(control));
  if (c == 'p' || c == 'P') return property(c == 'P');
  if (c == 'u') return unicode_escape();
  if (c == 'x') {
    const auto value = hex_digits(2);
    if (!value) return value.error();
    return Atom::character(*value);
  }
  if (c == 'c' && at_ < in_.size()) {
    const char letter = in_[at_++];
    const char upper = static_cast<char>(letter & ~0x20);
    if (upper >= 'A' && upper <= 'Z') return Atom::character(static_cast<char32_t>(letter & 31));
    return refuse("has a bad control escape");
  }
  if (c == '0' && (at_ == in_.size() || !is_digit(in_[at_]))) return Atom::character(0);
  const bool letter_or_digit =
      is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || static_cast<signed char>(c) < 0;
  if (letter_or_digit) {
    --at_;
    const std::size_t begin = at_;
    next_character(in_, at_);
    return refuse("has an escape that ECMA-262 does not know: \\" +
                  std::string(in_.substr(begin, at_ - begin)));
  }
  return Atom::character(static_cast<char32_t>(c));
}

Result<Atom> Translator::property(bool negated) {
  const std::size_t end = in_.find('}', at_);
  if (!next_is("{") || end == std::string_view::npos) return refuse("has a bad \\p escape");
  const auto name = property_name(in_.substr(at_ + 1, end - at_ - 1));
  if (!name) return refuse("names a Unicode property that is not supported");
  at_ = end + 1;
  Atom atom;
  atom.set.properties = (negated ? "\\P{" : "\\p{") + *name + "}";
  return atom;
}

Result<Atom> Translator::unicode_escape() {
  Result<char32_t> value = U'\0';
  if (next_is("{")) {
    const std::size_t end = in_.find('}', ++at_);
    if (end == std::string_view::npos || end == at_ || end - at_ > 8)
      return refuse("has a bad \\u escape");
    value = hex_digits(end - at_);
    ++at_;
  } else {
    value = hex_digits(4);
    if (value && *value >= 0xD800 && *value < 0xDC00 && next_is("\\u")) {
      at_ += 2;
      const auto low = hex_digits(4);
      if (low && *low >= 0xDC00 && *low < 0xE000)
        return Atom::character(0x10000 + ((*value - 0xD800) << 10) + (*low - 0xDC00));
    }
  }
  if (!value) return value.error();
  if (*value >= 0xD800 && *value < 0xE000) return refuse("has half of a surrogate pair");
  if (*value > 0x10FFFF) return refuse("has a \\u escape beyond Unicode");
  return Atom::character(*value);
}

Result<char32_t> Translator::hex_digits(std::size_t count) {
  const std::string_view digits = in_.substr(at_, count);
  unsigned value = 0;
  const auto end = digits.data() + digits.size();
  if (digits.size() != count || std::from_chars(digits.data(), end, value, 16).ptr != end)
    return refuse("has a bad hexadecimal escape");
  at_ += count;
  return static_cast<char32_t>(value);
}

Result<CharSet> Translator::character_class() {
  CharSet set;
  if (next_is("^")) {
    set.negated = true;
    ++at_;
  }
  while (!next_is("]")) {
    auto first = class_atom();
    if (!first) return first.error();
    const bool dash = next_is("-") && !next_is("-]");
    if (!dash) {
      set.add(first->set);
      continue;
    }
    ++at_;
    auto last = class_atom();
    if (!last) return last.error();
    if (!first->single || !last->single) {  // `[\w-.]`: the dash stands for itself (annex B.1.2)
      set.add(first->set);
      set.add('-');
      set.add(last->set);
      continue;
    }
    const CharSet::Range range{first->set.ranges[0].first, last->set.ranges[0].first};
    if (range.first > range.last) return refuse("has a range that is out of order");
    set.ranges.push_back(range);
  }
  ++at_;
  return set;
}

Result<Atom> Translator::class_atom() {
  if (at_ >= in_.size()) return refuse("has an unclosed [");
  const char32_t c = next_character(in_, at_);
  if (c != '\\') return Atom::character(c);
  if (next_is("b")) return ++at_, Atom::character('\b');
  return escape();
}

}  // namespace

Result<Translation> translate_ecma(std::string_view pattern) { return Translator(pattern).run(); }

bool is_ecma(std::string_view pattern) { return Translator(pattern, true).run().ok(); }

}  // namespace tools::schema
