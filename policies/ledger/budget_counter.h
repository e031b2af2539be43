#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "policies/ledger/ledger.h"
#include "policies/ledger/quota.h"
#include "policies/ledger/spending.h"

namespace policies::ledger {

/// What was spent of one bucket from Span::start until Span::until. The bucket's room is its limit
/// less what counts; part of it may be debited durably already: the block, from which memory spends
/// without a commit.
struct Booking {
  Span span;
  Amounts now;               ///< as memory knows it; `block` is what is left of the block
  Amounts unwritten;         ///< by how much `now` is ahead of what the journal was told
  bool fetching = false;     ///< more of the block was asked for
  std::int64_t pending = 0;  ///< what is left of that: debited, not durable yet
};

/// The counter of one bucket of a budget, without any I/O. What the journal was told never adds up
/// to more than the limit, in whatever record it ends: every record holds what makes room together
/// with what takes it. Not thread-safe.
class BudgetCounter {
 public:
  explicit BudgetCounter(std::string key) : key_(std::move(key)) {}

  const std::string& key() const { return key_; }
  /// Takes over the key and bookings of a counter whose quota was renamed.
  void rename(std::string key) { key_ = std::move(key); }

  /// What the journal held at the start; in order of time.
  void restore(Span span, const Amounts& amounts);
  /// After a stop that was not clean: who held is charged as unknown, the block is forfeited.
  void answer_for_crash();

  /// Goes on to the booking of `now`. Time never goes back: an earlier `now` changes nothing.
  void advance(const Window& window, WallTime now);

  std::int64_t used() const;  ///< spent and held, in all that counts
  /// When the oldest spending stops to count.
  WallTime resets() const;
  /// For people: all that counts at `now`.
  BucketUse use(WallTime now) const;
  const Booking& current() const { return bookings_.back(); }
  bool empty() const { return bookings_.empty(); }

  /// Whether the block has `amount`.
  bool block_covers(std::int64_t amount) const { return amount <= current().now.block; }
  void hold_from_block(std::int64_t amount);
  /// Holds from what is free, else from the block, else over the limit; returns how much came from
  /// the block. The
  /// journal is told by the caller: SpendingChange{held: amount, block: -returned}.
  std::int64_t hold_directly(std::int64_t limit, std::int64_t amount);
  /// By how much the block should grow, at most to 1 % of the limit or one call; 0 while it is at
  /// least half full or a part is pending.
  std::int64_t wanted(std::int64_t limit, std::int64_t amount) const;
  void fetch(std::int64_t amount);
  /// What was fetched under `start` is durable, or may never be: then it is not spent.
  void fetched(std::int64_t start, bool durable);

  /// Ends what was held under `start`. `told` is what the journal learns of it by itself.
  void resolve(std::int64_t start, const Amounts& change, const Amounts& told);
  /// Takes back what hold_directly() did, of which the journal was never told.
  void undo(std::int64_t start, std::int64_t amount, std::int64_t from_block);

  /// Whether the journal still counts what is free again.
  bool owes_room() const;
  /// Appends what the journal was not told, and regards it as told.
  void take_unwritten(std::vector<SpendingChange>& changes);
  /// The journal did not take `changes`.
  void put_back(const std::vector<SpendingChange>& changes);
  /// Gives the block back: the process ends.
  void return_block();

  SpendingChange change_of(std::int64_t start, const Amounts& change) const;

 private:
  Booking* find(std::int64_t start);
  void leave(Booking& booking);
  void carry_over(const Window& window, const Span& span);
  void forget_ended(WallTime now);
  std::int64_t reserved() const;

  std::string key_;
  std::deque<Booking> bookings_;  // by start
  std::optional<Window> window_;
  WallTime now_;
};

/// Seconds since the epoch: how the journal names a booking.
std::int64_t seconds_of(WallTime time);
WallTime time_of(std::int64_t seconds);

}  // namespace policies::ledger
