#include "gateway/pipeline/quota_refusal.h"

#include <ctime>
#include <utility>

#include "policies/ledger/money.h"

namespace gateway::pipeline {
namespace {

using policies::ledger::Quota;
using policies::ledger::Refusal;
using policies::ledger::WallTime;

// RFC 3339 in UTC; without seconds where a window begins with a minute.
std::string reset_text(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  const char* format = parts.tm_sec == 0 ? "%Y-%m-%dT%H:%MZ" : "%Y-%m-%dT%H:%M:%SZ";
  return std::string(text, std::strftime(text, sizeof text, format, &parts));
}

std::string period_text(std::chrono::nanoseconds period) {
  if (period == std::chrono::seconds(1)) return "second";
  if (period == std::chrono::minutes(1)) return "minute";
  return period == std::chrono::hours(1) ? "hour" : "day";
}

std::string amount_text(const Refusal& refusal, std::int64_t amount) {
  return refusal.kind == Quota::Kind::money ? policies::ledger::money_text(amount)
                                            : std::to_string(amount);
}

std::string resets_text(const Refusal& refusal) {
  return refusal.resets ? " Resets " + reset_text(*refusal.resets) + "." : std::string();
}

std::string text_of(const Refusal& refusal) {
  if (refusal.kind == Quota::Kind::rate) {
    return "Limit " + refusal.rule + ": " + std::to_string(refusal.limit) + " calls per " +
           period_text(refusal.period) + " used. Nothing was sent. Try again in " +
           std::to_string(refusal.retry_after.count()) + " ms.";
  }
  if (refusal.kind == Quota::Kind::concurrency) {
    return "Limit " + refusal.rule + ": " + std::to_string(refusal.used) + " of " +
           std::to_string(refusal.limit) +
           " calls in flight. Nothing was sent. Try again when one has ended.";
  }
  return budget_text(refusal) + " Nothing was sent." + resets_text(refusal);
}

const char* reason_of(Quota::Kind kind) {
  if (kind == Quota::Kind::rate) return "rate_limited";
  return kind == Quota::Kind::concurrency ? "too_many_in_flight" : "budget_exhausted";
}

Outcome refused_with(std::string text, Refusal refusal) {
  Outcome outcome = refused(reason_of(refusal.kind), std::move(text), refusal.rule);
  base::Json facts{{"rule", refusal.rule}};
  // Money as text: a double would not hold it exactly.
  if (refusal.kind == Quota::Kind::money) {
    facts["limit"] = amount_text(refusal, refusal.limit);
    facts["remaining"] = amount_text(refusal, refusal.remaining);
  } else {
    facts["limit"] = refusal.limit;
    facts["remaining"] = refusal.remaining;
  }
  facts["retryAfterMs"] = refusal.retry_after.count();
  outcome.result["_meta"] = {{refusal_key, std::move(facts)}};
  outcome.quota = std::move(refusal);
  return outcome;
}

}  // namespace

std::string budget_text(const Refusal& refusal) {
  const bool money = refusal.kind == Quota::Kind::money;
  std::string text = "Budget " + refusal.rule + ": " + amount_text(refusal, refusal.used) + " of " +
                     amount_text(refusal, refusal.limit) + " " +
                     (money ? refusal.currency : "calls") + " used";
  if (money && refusal.remaining > 0) {
    text += ", and this call costs " + amount_text(refusal, refusal.amount);
  }
  return text + ".";
}

Outcome quota_refused(Refusal refusal) {
  std::string text = text_of(refusal);
  return refused_with(std::move(text), std::move(refusal));
}

Outcome overrun_refused(Refusal refusal, const std::string& text) {
  std::string all = text + resets_text(refusal);
  return refused_with(std::move(all), std::move(refusal));
}

}  // namespace gateway::pipeline
