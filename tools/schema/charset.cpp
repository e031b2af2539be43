#include "tools/schema/charset.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace tools::schema {
namespace {

constexpr char32_t last_character = 0x10FFFF;

std::string hex(char32_t character) {
  char digits[16];
  const auto value = static_cast<unsigned>(character);
  const auto end = std::to_chars(digits, digits + sizeof digits, value, 16).ptr;
  return std::string("\\x{").append(digits, end).append("}");
}

// `ranges` are sorted and apart.
CharSet complement(const CharSet& set) {
  CharSet rest;
  char32_t next = 0;
  for (const auto& range : set.ranges) {
    if (range.first > next) rest.ranges.push_back({next, range.first - 1});
    next = range.last + 1;
  }
  if (next <= last_character) rest.ranges.push_back({next, last_character});
  return rest;
}

const CharSet& digits() {
  static const CharSet set{{{'0', '9'}}, {}, false};
  return set;
}

const CharSet& word_characters() {
  static const CharSet set{{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}, {}, false};
  return set;
}

// ECMA-262 §22.2.2.9: WhiteSpace and LineTerminator, more than RE2's \s.
const CharSet& spaces() {
  static const CharSet set{{{0x09, 0x0D},
                            {0x20, 0x20},
                            {0xA0, 0xA0},
                            {0x1680, 0x1680},
                            {0x2000, 0x200A},
                            {0x2028, 0x2029},
                            {0x202F, 0x202F},
                            {0x205F, 0x205F},
                            {0x3000, 0x3000},
                            {0xFEFF, 0xFEFF}},
                           {},
                           false};
  return set;
}

constexpr std::pair<std::string_view, std::string_view> categories[] = {
    {"Letter", "L"},
    {"Uppercase_Letter", "Lu"},
    {"Lowercase_Letter", "Ll"},
    {"Titlecase_Letter", "Lt"},
    {"Modifier_Letter", "Lm"},
    {"Other_Letter", "Lo"},
    {"Mark", "M"},
    {"Nonspacing_Mark", "Mn"},
    {"Spacing_Mark", "Mc"},
    {"Enclosing_Mark", "Me"},
    {"Number", "N"},
    {"Decimal_Number", "Nd"},
    {"digit", "Nd"},
    {"Letter_Number", "Nl"},
    {"Other_Number", "No"},
    {"Punctuation", "P"},
    {"punct", "P"},
    {"Connector_Punctuation", "Pc"},
    {"Dash_Punctuation", "Pd"},
    {"Open_Punctuation", "Ps"},
    {"Close_Punctuation", "Pe"},
    {"Initial_Punctuation", "Pi"},
    {"Final_Punctuation", "Pf"},
    {"Other_Punctuation", "Po"},
    {"Symbol", "S"},
    {"Math_Symbol", "Sm"},
    {"Currency_Symbol", "Sc"},
    {"Modifier_Symbol", "Sk"},
    {"Other_Symbol", "So"},
    {"Separator", "Z"},
    {"Space_Separator", "Zs"},
    {"Line_Separator", "Zl"},
    {"Paragraph_Separator", "Zp"},
};

}  // namespace

void CharSet::add(const CharSet& other) {
  ranges.insert(ranges.end(), other.ranges.begin(), other.ranges.end());
  properties += other.properties;
}

bool CharSet::contains(char32_t character) const {
  const bool in = std::any_of(ranges.begin(), ranges.end(), [character](const Range& range) {
    return range.first <= character && character <= range.last;
  });
  return in != negated;
}

std::string CharSet::to_re2() const {
  if (ranges.empty() && properties.empty())  // `[]` matches nothing, `[^]` anything
    return negated ? "[\\x{0}-\\x{10ffff}]" : "[^\\x{0}-\\x{10ffff}]";
  std::string text = negated ? "[^" : "[";
  for (const auto& [first, last] : ranges) {
    text += hex(first);
    if (last != first) text.append("-").append(hex(last));
  }
  return text + properties + "]";
}

std::optional<CharSet> class_escape(char letter) {
  switch (letter) {
    case 'd':
      return digits();
    case 'D':
      return complement(digits());
    case 'w':
      return word_characters();
    case 'W':
      return complement(word_characters());
    case 's':
      return spaces();
    case 'S':
      return complement(spaces());
    default:
      return std::nullopt;
  }
}

CharSet any_character() { return {{{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}}, {}, true}; }

std::optional<std::string> property_name(std::string_view name) {
  const std::size_t equals = name.find('=');
  if (equals != std::string_view::npos) {
    const std::string_view kind = name.substr(0, equals);
    if (kind != "Script" && kind != "sc" && kind != "General_Category" && kind != "gc")
      return std::nullopt;
    name.remove_prefix(equals + 1);
  }
  const auto is_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (name.empty() || !std::all_of(name.begin(), name.end(), is_name)) return std::nullopt;
  for (const auto& [long_name, short_name] : categories)
    if (name == long_name) return std::string(short_name);
  return std::string(name);
}

char32_t next_character(std::string_view text, std::size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at++]);
  if (lead < 0x80) return lead;
  const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  char32_t character = lead & (0x3Fu >> more);
  for (int i = 0; i < more && at < text.size(); ++i)
    character = character << 6 | (static_cast<unsigned char>(text[at++]) & 0x3Fu);
  return character;
}

}  // namespace tools::schema
