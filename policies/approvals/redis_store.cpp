#include "policies/approvals/redis_store.h"

#include <cstdlib>
#include <utility>

#include "policies/approvals/approval_events.h"
#include "policies/approvals/redis_scripts.h"
#include "policies/ledger/redis_settings.h"
#include "policies/ledger/tenant_key.h"

namespace policies::approvals {
namespace {

using base::Code;
using base::Error;
using base::RedisArguments;
using base::RedisReply;
using base::Result;
using base::Task;

constexpr const char* tenants_key = "sluice:approval tenants";
// What was used is kept for a while, to say who decided.
constexpr std::chrono::milliseconds used_kept = std::chrono::hours(1);
// So much longer than the clock looks at it an approval is found by its id.
constexpr std::chrono::milliseconds announced_longer = std::chrono::hours(24);
constexpr const char* most_changes = "1000";

std::string id_key(const std::string& id) { return "sluice:approval:" + id; }

RedisArguments on_tag(const std::string& tenant) {
  RedisArguments arguments;
  arguments.add(std::int64_t{1}).add(ledger::tenant_key(tenant, "approvals"));
  return arguments;
}

std::int64_t unix_milliseconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

Error no_answer(const std::string& detail) {
  return {Code::unavailable, "The store does not answer.", detail};
}

std::vector<std::string> texts_of(const RedisReply& list) {
  std::vector<std::string> texts;
  for (const RedisReply& item : list.list) texts.push_back(item.text);
  return texts;
}

bool is_used_up(const Approval& approval) {
  return approval.state == State::redeemed && !approval.remembered;
}

// The letters of redis_scripts.h.
std::string places_of(const Change& change) {
  if (change.ends) return "x";
  const Approval& approval = change.after;
  if (approval.state == State::redeemed) return approval.remembered ? "sf" : "";
  std::string places = approval.state == State::pending ? "pws" : "ps";
  if (approval.state == State::approved && approval.remembered) places += 'f';
  return places;
}

}  // namespace

bool Loaded::used_up() const { return is_used_up(approval); }

Task<base::Status> RedisStore::check_settings() {
  if (connection_.connected() && checked_ == connection_.generation()) {
    co_return base::Status();
  }
  if (base::Status there = co_await connection_.ready(); !there) co_return there;
  const std::uint64_t generation = connection_.generation();
  base::Status kept = co_await ledger::check_settings(connection_);
  if (!kept) co_return Error{Code::unavailable, kept.error().message, kept.error().detail};
  checked_ = generation;
  co_return base::Status();
}

Task<Result<RedisReply>> RedisStore::run(const base::RedisScript& script,
                                         RedisArguments arguments) {
  if (base::Status fit = co_await check_settings(); !fit) co_return fit.error();
  auto reply = co_await connection_.run(script, std::move(arguments));
  if (reply && reply->type == RedisReply::Type::error) co_return no_answer(reply->text);
  co_return reply;
}

Task<Result<RedisReply>> RedisStore::command(RedisArguments arguments) {
  auto reply = co_await connection_.command(std::move(arguments));
  if (reply && reply->type == RedisReply::Type::error) co_return no_answer(reply->text);
  co_return reply;
}

Task<Result<std::string>> RedisStore::tenant_of(std::string id) {
  RedisArguments get;
  get.add("GET").add(id_key(id));
  const auto reply = co_await command(std::move(get));
  if (!reply) co_return reply.error();
  if (reply->type != RedisReply::Type::text) co_return no_such_approval(id);
  co_return reply->text;
}

Task<Result<std::vector<std::string>>> RedisStore::tenants() {
  RedisArguments members;
  members.add("SMEMBERS").add(tenants_key);
  const auto reply = co_await command(std::move(members));
  if (!reply) co_return reply.error();
  co_return texts_of(*reply);
}

Task<Result<Loaded>> RedisStore::load(std::string tenant, std::string id) {
  const auto reply = co_await run(load_script, std::move(on_tag(tenant).add(id)));
  if (!reply) co_return reply.error();
  if (reply->list.size() != 3) co_return no_answer("no approval");
  Loaded loaded;
  loaded.now =
      WallTime(std::chrono::seconds(std::strtoll(reply->list[0].text.c_str(), nullptr, 10)) +
               std::chrono::microseconds(std::strtoll(reply->list[1].text.c_str(), nullptr, 10)));
  loaded.approval.id = id;
  loaded.events = texts_of(reply->list[2]);
  for (const std::string& text : loaded.events) {
    const auto event = read_event(text);
    if (!event) co_return no_answer("approval " + id + ": " + event.error().message);
    const base::Status applied = apply_event(loaded.approval, *event);
    if (!applied) co_return no_answer("approval " + id + ": " + applied.error().detail);
  }
  co_return loaded;
}

Task<Result<RedisStore::Found>> RedisStore::look(std::string tenant, std::string print,
                                                 std::string family) {
  const auto reply = co_await run(look_script, std::move(on_tag(tenant).add(print).add(family)));
  if (!reply) co_return reply.error();
  if (reply->list.size() != 2) co_return no_answer("no answer to a look");
  co_return Found{reply->list[0].text, texts_of(reply->list[1])};
}

// Whoever finds the approval by its id must find its tenant: that is said before.
Task<base::Status> RedisStore::announce(const Approval& approval) {
  const auto lasts = std::chrono::duration_cast<std::chrono::milliseconds>(
      approval.until - approval.asked + 3 * approval.ask.terms.expires + announced_longer);
  RedisArguments add, set;
  add.add("SADD").add(tenants_key).add(approval.ask.tenant);
  const auto known = co_await command(std::move(add));
  if (!known) co_return known.error();
  set.add("SET").add(id_key(approval.id)).add(approval.ask.tenant).add("PX").add(lasts.count());
  const auto said = co_await command(std::move(set));
  if (!said) co_return said.error();
  co_return base::Status();
}

Task<Result<Appended>> RedisStore::append(const Loaded& before, Change change,
                                          ApprovalLimits limits) {
  const Approval& after = change.after;
  if (base::Status said = co_await announce(after); !said) co_return said.error();
  RedisArguments arguments = on_tag(after.ask.tenant);
  arguments.add(after.id).add(static_cast<std::int64_t>(before.events.size())).add(change.event);
  arguments.add(unix_milliseconds(after.until));
  if (is_used_up(after)) {
    arguments.add(used_kept.count());
  } else {
    arguments.add("");
  }
  arguments.add(places_of(change)).add(fingerprint(after.ask)).add(after.ask.agent);
  arguments.add(family(after.ask)).add(static_cast<std::int64_t>(limits.waiting_per_agent));
  arguments.add(static_cast<std::int64_t>(limits.standing));
  const auto reply = co_await run(append_script, std::move(arguments));
  if (!reply) co_return reply.error();
  if (reply->list.size() != 2) co_return no_answer("no answer to an event");
  switch (reply->list[0].integer) {
    case 1:
      co_return Appended::done;
    case 0:
      co_return Appended::exists;
    case -1:
      co_return Appended::too_many;
    default:
      co_return Appended::overtaken;
  }
}

Task<Result<std::vector<std::string>>> RedisStore::standing(std::string tenant) {
  RedisArguments range;
  range.add("ZRANGE").add(ledger::tenant_key(tenant, "approvals")).add("0").add("-1");
  const auto reply = co_await command(std::move(range));
  if (!reply) co_return reply.error();
  co_return texts_of(*reply);
}

Task<Result<std::vector<std::string>>> RedisStore::due(std::string tenant) {
  const auto reply = co_await run(due_script, on_tag(tenant));
  if (!reply) co_return reply.error();
  co_return texts_of(*reply);
}

Task<Result<RedisStore::Changes>> RedisStore::changes(std::string tenant, std::string since) {
  RedisArguments range;
  range.add("XRANGE").add(ledger::tenant_key(tenant, "approvals:changes")).add("(" + since);
  range.add("+").add("COUNT").add(most_changes);
  const auto reply = co_await command(std::move(range));
  if (!reply) co_return reply.error();
  Changes changes{std::move(since), {}};
  for (const RedisReply& entry : reply->list) {
    if (entry.list.size() != 2 || entry.list[1].list.size() != 2) co_return no_answer("no change");
    changes.last = entry.list[0].text;
    changes.ids.push_back(entry.list[1].list[1].text);
  }
  co_return changes;
}

}  // namespace policies::approvals
