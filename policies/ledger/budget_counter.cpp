#include "policies/ledger/budget_counter.h"

#include <algorithm>

namespace policies::ledger {
namespace {

constexpr std::int64_t blocks_per_budget = 100;

// Whether this window books so.
bool fits(const Window& window, const Span& span) {
  const Span own = window.booking(span.start);
  return own.start == span.start && own.end == span.end;
}

std::int64_t spent_or_held(const Amounts& amounts) { return amounts.sum() - amounts.block; }

}  // namespace

std::int64_t seconds_of(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

WallTime time_of(std::int64_t seconds) { return WallTime(std::chrono::seconds(seconds)); }

void BudgetCounter::restore(Span span, const Amounts& amounts) {
  bookings_.push_back({span, amounts, {}, false, 0});
}

void BudgetCounter::answer_for_crash() {
  for (Booking& booking : bookings_) {
    const std::int64_t held = booking.now.held, block = booking.now.block;
    const Amounts change{0, held, block, -held, -block};
    booking.now += change;
    booking.unwritten += change;
  }
}

void BudgetCounter::advance(const Window& window, WallTime now) {
  now_ = std::max(now_, now);
  const bool same_window = window_ == window;
  if (same_window && now_ < current().span.until) return forget_ended(now_);
  const Span span = window.booking(now_);
  window_ = window;
  // Never back: a clock that was set back finds the window that was the last.
  if (bookings_.empty() || current().span.start < span.start) {
    if (!bookings_.empty()) leave(bookings_.back());
    bookings_.push_back({span, {}, {}, false, 0});
  } else {
    Span& last = bookings_.back().span;
    last.until = span.until;
    if (!fits(window, last)) last.end = span.end;
  }
  if (!same_window) carry_over(window, span);
  forget_ended(now_);
}

// What counted under another window is booked anew and counts to the end of this one: nobody knows
// when exactly it was spent. What is still held stays where its calls will look for it.
void BudgetCounter::carry_over(const Window& window, const Span& span) {
  Booking& last = bookings_.back();
  for (Booking& booking : bookings_) {
    if (&booking == &last || booking.span.end <= now_ || fits(window, booking.span)) continue;
    const Amounts spent{booking.now.settled, booking.now.unknown, booking.now.forfeited, 0, 0};
    last.now += spent;
    last.unwritten += spent;
    booking.now -= spent;
    booking.unwritten -= spent;
    booking.span.end = span.end;
  }
}

std::int64_t BudgetCounter::used() const {
  std::int64_t used = 0;
  for (const Booking& booking : bookings_) {
    if (booking.span.end > now_) used += spent_or_held(booking.now);
  }
  return used;
}

WallTime BudgetCounter::resets() const {
  for (const Booking& booking : bookings_) {
    if (booking.span.end > now_ && spent_or_held(booking.now) > 0) return booking.span.end;
  }
  return current().span.end;
}

BucketUse BudgetCounter::use(WallTime now) const {
  const WallTime time = std::max(now, now_);
  BucketUse use;
  use.key = key_;
  use.start = current().span.start;
  use.end = current().span.end;
  for (const Booking& booking : bookings_) {
    if (booking.span.end <= time) continue;
    use.settled += booking.now.settled;
    use.unknown += booking.now.unknown;
    use.forfeited += booking.now.forfeited;
    use.held += booking.now.held;
  }
  return use;
}

void BudgetCounter::hold_from_block(std::int64_t amount) {
  const Amounts change{0, 0, 0, amount, -amount};
  bookings_.back().now += change;
  bookings_.back().unwritten += change;
}

std::int64_t BudgetCounter::hold_directly(std::int64_t limit, std::int64_t amount) {
  Booking& booking = bookings_.back();
  const std::int64_t free = std::max<std::int64_t>(limit - used() - reserved(), 0);
  // What no block has either goes over the limit, as the caller decided.
  const std::int64_t from_block =
      std::min(std::max<std::int64_t>(amount - free, 0), booking.now.block + booking.pending);
  const std::int64_t from_durable = std::min(from_block, booking.now.block);
  booking.now.block -= from_durable;
  booking.pending -= from_block - from_durable;
  booking.now.held += amount;
  return from_block;
}

std::int64_t BudgetCounter::wanted(std::int64_t limit, std::int64_t amount) const {
  const Booking& booking = current();
  const std::int64_t full = std::max(limit / blocks_per_budget, amount);
  if (booking.fetching || booking.now.block >= std::max(full / 2, amount)) return 0;
  const std::int64_t free = limit - used() - reserved();
  return std::max<std::int64_t>(std::min(full - booking.now.block, free), 0);
}

void BudgetCounter::fetch(std::int64_t amount) {
  bookings_.back().fetching = true;
  bookings_.back().pending = amount;
  bookings_.back().unwritten.block += amount;
}

void BudgetCounter::fetched(std::int64_t start, bool durable) {
  Booking* booking = find(start);
  if (booking == nullptr) return;
  booking->fetching = false;
  if (durable) {
    booking->now.block += booking->pending;
  } else {
    booking->unwritten.block -= booking->pending;
  }
  booking->pending = 0;
  if (booking != &bookings_.back()) leave(*booking);
}

void BudgetCounter::resolve(std::int64_t start, const Amounts& change, const Amounts& told) {
  Booking* booking = find(start);
  if (booking == nullptr) return;
  booking->now += change;
  booking->unwritten += change;
  booking->unwritten -= told;
  if (booking != &bookings_.back()) leave(*booking);
}

void BudgetCounter::undo(std::int64_t start, std::int64_t amount, std::int64_t from_block) {
  resolve(start, {0, 0, 0, -amount, 0}, {0, 0, 0, -amount, from_block});
}

bool BudgetCounter::owes_room() const {
  return std::any_of(bookings_.begin(), bookings_.end(),
                     [](const Booking& booking) { return booking.unwritten.sum() < 0; });
}

void BudgetCounter::take_unwritten(std::vector<SpendingChange>& changes) {
  for (Booking& booking : bookings_) {
    if (booking.unwritten.zero()) continue;
    changes.push_back(change_of(seconds_of(booking.span.start), booking.unwritten));
    booking.unwritten = {};
  }
}

void BudgetCounter::put_back(const std::vector<SpendingChange>& changes) {
  for (const SpendingChange& change : changes) {
    if (change.bucket != key_) continue;
    if (Booking* booking = find(change.window)) booking->unwritten += change.change;
  }
}

void BudgetCounter::return_block() {
  for (Booking& booking : bookings_) {
    booking.now.block += booking.pending;
    booking.pending = 0;
    leave(booking);
  }
}

SpendingChange BudgetCounter::change_of(std::int64_t start, const Amounts& change) const {
  SpendingChange named{key_, start, 0, change, {}};
  for (const Booking& booking : bookings_) {
    if (seconds_of(booking.span.start) == start) named.window_end = seconds_of(booking.span.end);
  }
  return named;
}

Booking* BudgetCounter::find(std::int64_t start) {
  for (auto booking = bookings_.rbegin(); booking != bookings_.rend(); ++booking) {
    if (seconds_of(booking->span.start) == start) return &*booking;
  }
  return nullptr;
}

// No more is spent under this booking: its block is free again, and so is what a fetch under way
// will bring, less what was taken of it already.
void BudgetCounter::leave(Booking& booking) {
  booking.unwritten.block -= booking.now.block + booking.pending;
  booking.now.block = booking.pending = 0;
}

// What still has to be resolved or told is kept, and does not count.
void BudgetCounter::forget_ended(WallTime now) {
  while (bookings_.size() > 1) {
    const Booking& oldest = bookings_.front();
    const bool settled = oldest.now.held == 0 && oldest.pending == 0 && oldest.unwritten.zero();
    if (oldest.span.end > now || !settled) return;
    bookings_.pop_front();
  }
}

// Of the limit, what blocks hold.
std::int64_t BudgetCounter::reserved() const {
  std::int64_t reserved = 0;
  for (const Booking& booking : bookings_) reserved += booking.now.block + booking.pending;
  return reserved;
}

}  // namespace policies::ledger
