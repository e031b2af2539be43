#include "gateway/admin_approvals.h"

#include <utility>

#include "gateway/approval_facts.h"
#include "gateway/run_method.h"
#include "gateway/pipeline/question.h"
#include "policies/constraint.h"

namespace gateway {
namespace {

using base::Code;
using base::Error;
using base::Json;
using policies::approvals::Approval;
using policies::approvals::Decision;

constexpr std::size_t longest_message = 2'000;
constexpr std::int64_t longest_memory_ms = 30LL * 86'400'000;

int status_of(Code code) {
  switch (code) {
    case Code::invalid:
      return 400;
    case Code::unauthorized:
      return 403;
    case Code::not_found:
      return 404;
    case Code::refused:
      return 409;
    default:
      return 503;
  }
}

HttpResponse refuse(const Error& error) {
  return error_response(status_of(error.code), error.message);
}

Error invalid(std::string sentence) { return {Code::invalid, std::move(sentence), {}}; }

// As strict as policy files are: a misspelt keyword would be none, and all calls would pass. Who
// means all of them says `true` or `{}`.
base::Status check_schema(const Json& schema) {
  if (!schema.is_object() || schema.empty()) return {};
  try {
    policies::Constraint::read(
        base::YamlNode::parse(base::dump_json(schema), "remember.arguments"));
  } catch (const base::ConfigError& wrong) {
    return invalid(wrong.what());
  }
  return {};
}

// `{"for_ms": 3600000, "arguments": {…}}`; without `arguments`, exactly the call's.
base::Result<policies::approvals::Remembered> read_remember(const Json& remember,
                                                            const std::string& asked,
                                                            policies::approvals::WallTime now) {
  const Json* duration = base::find_member(remember, "for_ms");
  const bool valid = duration != nullptr && duration->is_number_integer() && *duration > 0 &&
                     *duration <= longest_memory_ms;
  if (!valid) return invalid("remember.for_ms must be a number of milliseconds, at most 30 days.");
  const Json* arguments = base::find_member(remember, "arguments");
  if (arguments != nullptr) {
    if (auto checked = check_schema(*arguments); !checked) return checked.error();
  }
  return policies::approvals::Remembered{
      now + std::chrono::milliseconds(duration->get<std::int64_t>()),
      arguments != nullptr ? base::dump_json(*arguments) : R"({"const":)" + asked + "}"};
}

}  // namespace

base::Task<HttpResponse> AdminApprovals::list(bool remembered_only) const {
  auto standing = co_await approvals_.list();
  if (!standing) co_return refuse(standing.error());
  const auto snapshot = snapshot_.get();
  Json list = Json::array();
  for (const Approval& approval : *standing) {
    if (remembered_only && !approval.speaks_for_others()) continue;
    list.push_back(approval_facts(approval, *snapshot));
  }
  co_return json_response(200, base::dump_json({{"approvals", std::move(list)}}));
}

base::Task<HttpResponse> AdminApprovals::show(std::string id) const {
  auto approval = co_await approvals_.find(std::move(id));
  if (!approval) co_return refuse(approval.error());
  co_return json_response(200, base::dump_json(approval_facts(*approval, *snapshot_.get())));
}

base::Task<HttpResponse> AdminApprovals::decide(std::string id, const RawRequest& request,
                                                AdminPeer peer) const {
  auto body = base::parse_json(request.body, limits_.json, {"arguments"});
  if (!body) co_return error_response(400, body.error().message);
  // Who owns the agent now is none of those who decide, whoever owned it when it asked.
  if (auto approval = co_await approvals_.find(id)) {
    const auto snapshot = snapshot_.get();
    const policies::Agent* agent = snapshot->policy->find_agent(approval->ask.agent);
    if (agent != nullptr && agent->owner == peer.person->name) {
      co_return error_response(403, peer.person->name + " owns agent " + agent->name +
                                        ": somebody else must decide what it may do.");
    }
  }
  auto decision = co_await read_decision(id, *std::move(body), std::move(peer));
  if (!decision) co_return refuse(decision.error());
  auto decided = co_await approvals_.decide(std::move(id), *std::move(decision));
  if (!decided) co_return refuse(decided.error());
  co_return json_response(200, base::dump_json(approval_facts(*decided, *snapshot_.get())));
}

base::Task<HttpResponse> AdminApprovals::forget(std::string id, AdminPeer peer) const {
  policies::approvals::Decider decider{peer.person->name, peer.login, peer.person->groups};
  auto forgotten = co_await approvals_.forget(std::move(id), std::move(decider));
  if (!forgotten) co_return refuse(forgotten.error());
  co_return json_response(200, base::dump_json(approval_facts(*forgotten, *snapshot_.get())));
}

// `{"decision": "approve" | "reject", "message": …, "arguments": …, "remember": …}`; with
// `arguments` it is an edit, checked here as the call of its agent that it is going to be.
base::Task<base::Result<Decision>> AdminApprovals::read_decision(std::string id,
                                                                 base::ParsedJson body,
                                                                 AdminPeer peer) const {
  const std::string* word = base::find_string(body.value, "decision");
  if (word == nullptr || (*word != "approve" && *word != "reject")) {
    co_return invalid("The decision must be approve or reject.");
  }
  Decision decision;
  decision.decider = {peer.person->name, peer.login, peer.person->groups};
  decision.approves = *word == "approve";
  if (const std::string* message = base::find_string(body.value, "message")) {
    if (message->size() > longest_message) co_return invalid("The message is too long.");
    decision.message = *message;
  }
  const Json* arguments = base::find_member(body.value, "arguments");
  const Json* remember = base::find_member(body.value, "remember");
  if (arguments == nullptr && remember == nullptr) co_return decision;
  if (!decision.approves) co_return invalid("Arguments and remember go with approve.");
  auto approval = co_await approvals_.find(std::move(id));
  if (!approval) co_return approval.error();
  if (remember != nullptr) {
    auto remembered = read_remember(*remember, approval->ask.arguments, clock_.wall());
    if (!remembered) co_return remembered.error();
    decision.remember = *std::move(remembered);
  }
  if (arguments != nullptr) {
    auto edit = pipeline::edited_question(
        snapshot_.get(), approval->ask,
        {*arguments, pointer_inside(body.inexact, "/arguments")});
    if (!edit) co_return edit.error();
    decision.edit = *std::move(edit);
  }
  co_return decision;
}

}  // namespace gateway
