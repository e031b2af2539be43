#include "gateway/quota_headers.h"

#include <algorithm>
#include <chrono>

namespace gateway {
namespace {

using policies::ledger::Quota;
using policies::ledger::Refusal;

// RFC 9651 §3.3.3: a string of printable ASCII. A name with anything else is not sent.
bool fits_a_string(std::string_view name) {
  return std::ranges::all_of(
      name, [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; });
}

}  // namespace

std::vector<std::pair<std::string, std::string>> quota_headers(const Refusal& refusal) {
  std::vector<std::pair<std::string, std::string>> headers;
  // Rounded up: who comes back a second too early is refused again.
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(refusal.retry_after).count();
  if (seconds > 0) headers.emplace_back("Retry-After", std::to_string(seconds));
  if (refusal.kind == Quota::Kind::money || !fits_a_string(refusal.rule)) return headers;
  std::string policy = '"' + refusal.rule + "\";r=" + std::to_string(refusal.remaining);
  if (seconds > 0) policy += ";t=" + std::to_string(seconds);
  headers.emplace_back("RateLimit", std::move(policy));
  return headers;
}

}  // namespace gateway
