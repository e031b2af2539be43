#include "policies/ledger/redis_epoch.h"

#include <utility>

#include "base/crypto.h"
#include "base/journal_reader.h"
#include "base/json.h"
#include "policies/ledger/redis_keys.h"
#include "policies/ledger/redis_scripts.h"
#include "policies/ledger/redis_settings.h"

namespace policies::ledger {
namespace {

using base::Code;
using base::Error;
using base::Result;
using base::Status;

constexpr const char* stream = "store";
constexpr const char* member = "epoch";
constexpr std::size_t epoch_length = 22;

Error lost() {
  return {Code::unavailable,
          "Redis has none of the spending that this gateway knows of: it lost its data, or it is "
          "another Redis. Budgets are refused. To let them begin anew: sluice budgets "
          "--accept-loss",
          {}};
}

}  // namespace

std::string RedisEpoch::known() const {
  const std::lock_guard lock(mutex_);
  return known_;
}

base::Task<Result<std::string>> RedisEpoch::ask(base::RedisConnection& redis) {
  if (Status kept = co_await check_settings(redis); !kept) {
    co_return Error{Code::unavailable, kept.error().message, kept.error().detail};
  }
  co_return co_await agree(redis, false);
}

base::Task<Status> RedisEpoch::accept_loss(base::RedisConnection& redis) {
  const auto agreed = co_await agree(redis, true);
  if (!agreed) co_return agreed.error();
  co_return Status{};
}

// What is agreed on is in the journal before anything counts on it.
base::Task<Result<std::string>> RedisEpoch::agree(base::RedisConnection& redis, bool accepts) {
  const std::string known = this->known();
  base::RedisArguments arguments;
  arguments.add(std::int64_t{1}).add(store_key).add(known);
  arguments.add(base::random_text("0123456789abcdefghijklmnopqrstuvwxyz", epoch_length));
  arguments.add(accepts ? "1" : "0");
  const auto reply = co_await redis.run(epoch_script, std::move(arguments));
  if (!reply) co_return reply.error();
  if (reply->type != base::RedisReply::Type::text) {
    co_return Error{Code::unavailable, "The store does not answer.", reply->text};
  }
  if (reply->text.empty()) co_return lost();
  if (reply->text == known) co_return known;
  std::vector<base::JournalEntry> entries;
  entries.push_back(
      {stream, member, base::dump_json({{member, reply->text}}), base::JournalEntry::Item::none});
  if (Status kept = co_await journal_.commit(std::move(entries)); !kept) co_return kept.error();
  const std::lock_guard lock(mutex_);
  known_ = reply->text;
  co_return known_;
}

Result<std::string> known_epoch(const std::filesystem::path& journal) {
  auto reader = base::JournalReader::open(journal);
  if (!reader) return reader.error();
  const auto records = reader->tail(stream, 1);
  if (!records) return records.error();
  if (records->empty()) return std::string();
  const auto body = base::parse_json(records->back().body);
  const std::string* epoch = body ? base::find_string(body->value, member) : nullptr;
  if (epoch == nullptr) {
    return Error{Code::broken, "A record of the store's epoch is not what one holds.", {}};
  }
  return *epoch;
}

}  // namespace policies::ledger
