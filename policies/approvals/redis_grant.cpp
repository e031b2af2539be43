#include <utility>

#include <asio/this_coro.hpp>

#include "policies/approvals/approval_events.h"
#include "policies/approvals/redis_approvals.h"

namespace policies::approvals {
namespace {

using base::Code;
using base::Result;
using base::Task;

constexpr std::chrono::milliseconds pause{500};
constexpr int most_tries = 60;  // half a minute

}  // namespace

/// A use that Redis knows of already: when its gateway dies, it stays used.
class RedisApprovals::RedisGrant final : public Grant {
 public:
  RedisGrant(RedisApprovals& approvals, base::Loop& loop, Loaded claimed, std::string request)
      : approvals_(approvals),
        loop_(loop),
        claimed_(std::move(claimed)),
        request_(std::move(request)) {}
  ~RedisGrant() override {
    if (!committed_) loop_.spawn(approvals_.take_back(claimed_.approval.id, request_));
  }
  RedisGrant(const RedisGrant&) = delete;
  RedisGrant& operator=(const RedisGrant&) = delete;

  const Approval& approval() const override { return claimed_.approval; }
  // With what other gateways recorded: this journal tells the whole story of what was sent.
  std::vector<base::JournalEntry> entries(const std::string& intent) const override {
    std::vector<base::JournalEntry> entries;
    for (const std::string& text : claimed_.events) {
      const auto event = read_event(text);
      const std::string* gateway = event ? base::find_string(*event, "gateway") : nullptr;
      if (gateway != nullptr && *gateway == approvals_.name_) continue;
      entries.push_back(
          {approval_stream, claimed_.approval.id, text, base::JournalEntry::Item::none});
    }
    const auto change =
        approvals_.change_of(claimed_, redeemed_event(request_, intent, claimed_.now));
    if (change) {
      entries.push_back(
          {approval_stream, claimed_.approval.id, change->event, base::JournalEntry::Item::none});
    }
    return entries;
  }
  void committed() override { committed_ = true; }

 private:
  RedisApprovals& approvals_;
  base::Loop& loop_;
  const Loaded claimed_;
  const std::string request_;
  bool committed_ = false;
};

Task<Result<std::unique_ptr<Grant>>> RedisApprovals::claim(std::string id, std::string request) {
  RedisStore& store =
      node_of(asio::query(co_await asio::this_coro::executor, asio::execution::context)).store;
  // Each turn somebody else has changed it: at the latest when it is used, this ends.
  while (true) {
    auto loaded = co_await look_up(store, id);
    if (!loaded) co_return loaded.error();
    const Approval& approval = loaded->approval;
    if (!approval.redeemed_by.empty()) co_return used_before(id, approval.redeemed_by);
    if (approval.state != State::approved) co_return no_such_approval(id);
    const auto change = change_of(*loaded, redeemed_event(request, "", loaded->now));
    if (!change) co_return change.error();
    const auto appended = co_await store.append(*loaded, *change, limits_);
    if (!appended) {
      // Nobody knows whether it was taken.
      store.loop().spawn(take_back(id, request));
      co_return appended.error();
    }
    if (*appended != Appended::done) continue;
    co_return std::unique_ptr<Grant>(
        std::make_unique<RedisGrant>(*this, store.loop(), *std::move(loaded), std::move(request)));
  }
}

// Only what this call took, and as long as Redis is away not at all: then it stays used.
Task<void> RedisApprovals::take_back(std::string id, std::string request) {
  RedisStore& store =
      node_of(asio::query(co_await asio::this_coro::executor, asio::execution::context)).store;
  for (int attempt = 0; attempt < most_tries; ++attempt) {
    const auto loaded = co_await look_up(store, id);
    if (!loaded && loaded.error().code != Code::unavailable) co_return;
    if (loaded) {
      const Approval& approval = loaded->approval;
      if (approval.state != State::redeemed || approval.redeemed_by != request) co_return;
      const auto change = change_of(*loaded, released_event(approval.until, loaded->now));
      if (!change) co_return;
      const auto appended = co_await store.append(*loaded, *change, limits_);
      if (appended && *appended == Appended::done) co_return;
    }
    if (!co_await store.loop().sleep(pause)) co_return;
  }
}

}  // namespace policies::approvals
