#include "policies/ledger/redis_ledger.h"

#include <algorithm>
#include <map>
#include <utility>

#include <asio/this_coro.hpp>

#include "base/crypto.h"
#include "policies/ledger/redis_hold.h"
#include "policies/ledger/redis_keys.h"
#include "policies/ledger/redis_node.h"
#include "policies/ledger/redis_scripts.h"

namespace policies::ledger {
namespace {

using base::Error;
using base::RedisReply;
using base::Result;
using base::Task;

constexpr std::chrono::milliseconds renew_every = RedisLedger::lease / 3;
constexpr std::size_t renewed_at_once = 256;
constexpr std::chrono::milliseconds retry_later{1'000};

const char* fate_letter(Fate fate) {
  if (fate == Fate::settled) return "s";
  return fate == Fate::cancelled ? "x" : "u";
}

bool is_integer(const RedisReply& reply) { return reply.type == RedisReply::Type::integer; }

std::int64_t number_of(const RedisReply& reply) {
  return is_integer(reply) ? reply.integer : std::strtoll(reply.text.c_str(), nullptr, 10);
}

Error broken(const std::string& detail) {
  return {base::Code::unavailable, "The store does not answer.", detail};
}

bool is_budget(const Charge& charge) { return charge.quota->is_budget(); }

// Sums `START:s` and so on; the newest booking is told by `w`.
BucketUse use_of(std::string bucket, const std::vector<RedisReply>& fields) {
  BucketUse use;
  use.key = std::move(bucket);
  for (std::size_t at = 0; at + 1 < fields.size(); at += 2) {
    const std::string& name = fields[at].text;
    const std::int64_t amount = number_of(fields[at + 1]);
    if (name == "w") use.start = WallTime(std::chrono::seconds(amount));
    if (name.ends_with(":s")) use.settled += amount;
    if (name.ends_with(":u")) use.unknown += amount;
    if (name.ends_with(":h")) use.held += amount;
  }
  use.end = use.start;
  return use;
}

}  // namespace

RedisLedger::RedisLedger(base::EventLoops& loops, const base::RedisAddress& address,
                         base::Journal& journal, const Clock& clock, StoreDown store_down)
    : clock_(clock), store_down_(store_down), local_(journal, clock) {
  for (std::size_t at = 0; at < loops.size(); ++at) {
    nodes_.push_back(std::make_unique<Node>(loops.at(at), address));
  }
}

RedisLedger::~RedisLedger() = default;

Task<Result<Verdict>> RedisLedger::admit(Admission admission) {
  Node& node = node_of(co_await asio::this_coro::executor);
  if (!std::exchange(node.started, true)) co_await start(node);
  RedisCall call = admit_call(admission, lease, clock_);
  static const std::string hash = base::sha1_hex(admit_script);
  auto reply =
      co_await run(node, admit_script, hash, std::move(call.keys), std::move(call.arguments));
  if (!reply) co_return co_await decide_locally(std::move(admission), std::move(reply).error());
  co_return verdict_of(node, admission, *reply);
}

// Redis is told the scripts before they are needed: a slot is then freed in one round trip from the
// first call on.
Task<void> RedisLedger::start(Node& node) {
  node.loop.spawn(keep_renewing(node));
  for (const std::string* script : {&admit_script, &resolve_script, &renew_script}) {
    std::vector<std::string> load = {"SCRIPT", "LOAD", *script};
    (void)co_await node.connection.command(std::move(load));
  }
}

Result<Verdict> RedisLedger::verdict_of(Node& node, const Admission& admission,
                                        const RedisReply& reply) {
  if (reply.type != RedisReply::Type::list || reply.list.empty()) return broken(reply.text);
  if (number_of(reply.list[0]) == 1) {
    node.held.emplace(admission.tenant, admission.call);
    return Verdict(std::make_unique<RedisHold>(*this, node, admission.tenant, admission.call));
  }
  const auto index = reply.list.size() == 4 ? number_of(reply.list[1]) : 0;
  if (index < 1 || index > static_cast<std::int64_t>(admission.charges.size())) {
    return broken("a refusal without a bucket");
  }
  const Charge& charge = admission.charges[static_cast<std::size_t>(index - 1)];
  const std::chrono::microseconds wait(number_of(reply.list[3]));
  Refusal refusal = refusal_of(charge, number_of(reply.list[2]));
  refusal.retry_after = std::max(std::chrono::ceil<std::chrono::milliseconds>(wait), retry_later);
  if (charge.quota->kind == Quota::Kind::rate) {
    refusal.retry_after = std::chrono::ceil<std::chrono::milliseconds>(wait);
  }
  if (is_budget(charge)) {
    const Window& window = charge.quota->window;
    const Span span = window.booking(clock_.wall());
    // When the oldest part of a rolling window is forgotten, Redis alone knows.
    refusal.resets = window.unit == Window::Unit::rolling ? span.until : span.end;
    refusal.retry_after = std::max(
        std::chrono::ceil<std::chrono::milliseconds>(*refusal.resets - clock_.wall()), retry_later);
  }
  return Verdict(std::move(refusal));
}

Task<Result<Verdict>> RedisLedger::decide_locally(Admission admission, Error away) {
  const auto& charges = admission.charges;
  const bool limits_only = std::none_of(charges.begin(), charges.end(), is_budget);
  if (!limits_only || !store_down_.local_limits) co_return away;
  co_return co_await local_.admit(std::move(admission));
}

auto RedisLedger::node_of(const base::Executor& executor) -> Node& {
  for (const auto& node : nodes_) {
    if (&node->loop.io() == &asio::query(executor, asio::execution::context)) return *node;
  }
  return *nodes_.front();
}

Task<Result<RedisReply>> RedisLedger::run(Node& node, const std::string& script, std::string hash,
                                          std::vector<std::string> keys,
                                          std::vector<std::string> arguments) {
  std::vector<std::string> command = {"EVALSHA", std::move(hash), std::to_string(keys.size())};
  command.insert(command.end(), std::make_move_iterator(keys.begin()),
                 std::make_move_iterator(keys.end()));
  command.insert(command.end(), std::make_move_iterator(arguments.begin()),
                 std::make_move_iterator(arguments.end()));
  auto reply = co_await node.connection.command(command);
  const auto is_error = [&] { return reply && reply->type == RedisReply::Type::error; };
  if (is_error() && reply->text.starts_with("NOSCRIPT")) {
    // EVAL keeps the script as well: after a restart of Redis, this happens once.
    command[0] = "EVAL";
    command[1] = script;
    reply = co_await node.connection.command(std::move(command));
  }
  if (is_error()) co_return broken(reply->text);
  co_return reply;
}

// A lease is renewed long before it ends, for as long as the call runs.
Task<void> RedisLedger::keep_renewing(Node& node) {
  static const std::string hash = base::sha1_hex(renew_script);
  while (co_await node.loop.sleep(renew_every)) {
    std::map<std::string, std::vector<std::string>> calls;
    for (const auto& [tenant, call] : node.held) calls[tenant].push_back(call);
    for (const auto& [tenant, names] : calls) {
      for (std::size_t at = 0; at < names.size(); at += renewed_at_once) {
        const std::size_t count = std::min(renewed_at_once, names.size() - at);
        const auto first = names.begin() + static_cast<std::ptrdiff_t>(at);
        std::vector<std::string> arguments = {
            std::to_string(std::chrono::microseconds(lease).count())};
        arguments.insert(arguments.end(), first, first + static_cast<std::ptrdiff_t>(count));
        (void)co_await run(node, renew_script, hash, hold_keys(tenant), std::move(arguments));
      }
    }
  }
}

Task<void> RedisLedger::resolve(Node& node, std::string tenant, std::string call,
                                const char* fate) {
  static const std::string hash = base::sha1_hex(resolve_script);
  std::vector<std::string> arguments = {fate, std::move(call)};
  // When Redis is away, the lease ends it.
  (void)co_await run(node, resolve_script, hash, hold_keys(tenant), std::move(arguments));
}

Task<Result<std::vector<BucketUse>>> RedisLedger::usage() {
  Node& node = node_of(co_await asio::this_coro::executor);
  std::vector<BucketUse> uses;
  std::string cursor = "0";
  do {
    std::vector<std::string> scan = {"SCAN", cursor, "MATCH", budget_key_pattern, "COUNT", "1000"};
    const auto page = co_await node.connection.command(std::move(scan));
    if (!page) co_return page.error();
    if (page->list.size() != 2) co_return broken(page->text);
    cursor = page->list[0].text;
    for (const RedisReply& key : page->list[1].list) {
      std::vector<std::string> get = {"HGETALL", key.text};
      const auto fields = co_await node.connection.command(std::move(get));
      if (!fields) co_return fields.error();
      uses.push_back(use_of(bucket_of_key(key.text), fields->list));
    }
  } while (cursor != "0");
  co_return uses;
}

std::vector<base::JournalEntry> RedisHold::resolve(Fate fate) {
  if (std::exchange(resolved_, true)) return {};
  node_.held.erase({tenant_, call_});
  node_.loop.spawn(ledger_.resolve(node_, tenant_, call_, fate_letter(fate)));
  return {};
}

}  // namespace policies::ledger
