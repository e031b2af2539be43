#include "policies/ledger/money.h"

#include <algorithm>

namespace policies::ledger {
namespace {

constexpr Nanos nanos_per_unit = 1'000'000'000;
constexpr std::size_t places = 9;

bool is_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::optional<Nanos> parse_money(std::string_view text) {
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  std::string_view fraction = point == std::string_view::npos ? "0" : text.substr(point + 1);
  if (!is_digits(whole) || !is_digits(fraction)) return std::nullopt;
  Nanos amount = 0;
  for (const char digit : whole) {
    amount = amount * 10 + (digit - '0');
    if (amount > most_money / nanos_per_unit) return std::nullopt;
  }
  for (std::size_t at = 0; at < places; ++at) {
    amount = amount * 10 + (at < fraction.size() ? fraction[at] - '0' : 0);
  }
  fraction.remove_prefix(std::min(places, fraction.size()));
  if (fraction.find_first_not_of('0') != std::string_view::npos) ++amount;
  if (amount > most_money) return std::nullopt;
  return amount;
}

std::string money_text(Nanos amount) {
  const bool negative = amount < 0;
  if (negative) amount = -amount;
  std::string digits = std::to_string(amount % nanos_per_unit);
  digits.insert(0, places - digits.size(), '0');
  while (digits.size() > 2 && digits.back() == '0') digits.pop_back();
  return (negative ? "-" : "") + std::to_string(amount / nanos_per_unit) + "." + digits;
}

}  // namespace policies::ledger
