#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/journal.h"
#include "base/result.h"

namespace policies::ledger {

/// The journal's stream of spending.
inline constexpr const char* spending_stream = "spending";

/// What became of a bucket's money or calls, or a change of that. `block` is what memory may spend
/// without a commit.
struct Amounts {
  std::int64_t settled = 0, unknown = 0, forfeited = 0, held = 0, block = 0;

  std::int64_t sum() const { return settled + unknown + forfeited + held + block; }
  bool zero() const {
    return settled == 0 && unknown == 0 && forfeited == 0 && held == 0 && block == 0;
  }
  Amounts& operator+=(const Amounts& more);
  Amounts& operator-=(const Amounts& less);
};

/// A change of what is booked for one bucket under one window.
struct SpendingChange {
  std::string bucket;       ///< Charge::key
  std::int64_t window = 0;  ///< Span::start in seconds since the epoch
  std::int64_t window_end =
      0;  ///< Span::end; from then on it may be forgotten once nothing is held
  Amounts change;
  std::string renamed_from;  ///< not empty: all that was booked for this bucket becomes `bucket`'s
};

/// The records of the changes of one step, for one submission: one, unless there are very many.
/// `about` is what it is for, e.g. the call's id.
std::vector<base::JournalEntry> spending_entries(std::string_view about,
                                                 std::span<const SpendingChange> changes);

/// Code::broken when `entry` is none that spending_entries() makes.
base::Result<std::vector<SpendingChange>> parse_spending(const base::JournalEntry& entry);

}  // namespace policies::ledger
