#include "base/crypto.h"
#include "base/json.h"
#include "base/time_text.h"
#include "gateway/approval_webhook.h"

namespace gateway {
namespace {

using base::Json;
using policies::approvals::Approval;
using policies::approvals::Notice;
using policies::approvals::State;

constexpr std::size_t most_argument_names = 20;
constexpr std::size_t longest_argument_name = 64;

Json arguments_summary(const std::string& text) {
  Json names = Json::array();
  const auto parsed = base::parse_json(text);
  if (parsed && parsed->value.is_object()) {
    for (const auto& member : parsed->value.items()) {
      if (names.size() == most_argument_names) break;
      if (member.key().size() <= longest_argument_name) names.push_back(member.key());
    }
  }
  return {{"hash", base::blake2b_hex(text)}, {"bytes", text.size()}, {"names", std::move(names)}};
}

}  // namespace

std::string notification_body(const Approval& approval, Notice notice,
                              std::chrono::system_clock::time_point now) {
  const auto& ask = approval.ask;
  Json rules = Json::array(), budgets = Json::array();
  for (const auto& clause : approval.clauses) {
    rules.push_back(clause.rule);
    if (!clause.why.empty()) budgets.push_back(clause.why);
  }
  Json data{
      {"approval", approval.id},
      {"state", to_string(approval.state)},
      {"waits_for", approval.state == State::pending ? Json(approval.waits_for()) : Json::array()},
      {"asked", base::rfc3339(approval.asked, 0)},
      {"until", base::rfc3339(approval.until, 0)},
      {"agent", ask.agent},
      {"tenant", ask.tenant},
      {"tool", ask.tool},
      {"request", ask.request},
      {"rules", std::move(rules)},
      {"arguments", arguments_summary(ask.arguments)}};
  if (!budgets.empty()) data["budgets"] = std::move(budgets);
  if (approval.edited) data["edited_arguments"] = arguments_summary(*approval.edited);
  if (notice == Notice::decided) {
    const std::string person = approval.decided_by();
    data["decided_by"] = person.empty() ? "clock" : "person";
    if (!person.empty()) data["person"] = person;
  }
  return base::dump_json({{"type", "approval." + std::string(to_string(notice))},
                          {"timestamp", base::rfc3339(now, 3)},
                          {"data", std::move(data)}});
}

}  // namespace gateway
