#include "tools/schema/bidi.h"

#include <unictype.h>

#include <algorithm>
#include <cstdint>

#include "tools/schema/charset.h"

namespace tools::schema {
namespace {

using Classes = std::uint32_t;  // one bit for each bidirectional character type

constexpr Classes bit(int type) { return Classes{1} << type; }

constexpr Classes left = bit(UC_BIDI_L);
constexpr Classes right = bit(UC_BIDI_R) | bit(UC_BIDI_AL);
constexpr Classes neutral = bit(UC_BIDI_EN) | bit(UC_BIDI_ES) | bit(UC_BIDI_CS) | bit(UC_BIDI_ET) |
                            bit(UC_BIDI_ON) | bit(UC_BIDI_BN) | bit(UC_BIDI_NSM);

struct Label {
  Classes first = 0, last = 0, all = 0;  // the last that is no nonspacing mark

  explicit Label(const std::string& text) {
    for (std::size_t at = 0; at < text.size();) {
      const Classes type = bit(uc_bidi_class(next_character(text, at)));
      if (all == 0) first = type;
      if (type != bit(UC_BIDI_NSM)) last = type;
      all |= type;
    }
  }

  bool reads_right() const { return (all & (right | bit(UC_BIDI_AN))) != 0; }

  bool obeys() const {
    if (first == left) {
      const bool known = (all & ~(left | neutral)) == 0;
      return known && (last == left || last == bit(UC_BIDI_EN));
    }
    if ((first & right) == 0) return false;
    const Classes digits = bit(UC_BIDI_EN) | bit(UC_BIDI_AN);
    const bool known = (all & ~(right | neutral | digits)) == 0;
    return known && (last & (right | digits)) != 0 && (all & digits) != digits;
  }
};

}  // namespace

bool obeys_bidi_rule(const std::vector<std::string>& labels) {
  const std::vector<Label> all(labels.begin(), labels.end());
  const auto reads_right = [](const Label& label) { return label.reads_right(); };
  if (std::none_of(all.begin(), all.end(), reads_right)) return true;
  return std::all_of(all.begin(), all.end(), [](const Label& label) { return label.obeys(); });
}

}  // namespace tools::schema
