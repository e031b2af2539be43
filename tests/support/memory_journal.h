#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/journal.h"

namespace tests {

/// A journal in memory that can be told to fail.
class MemoryJournal final : public base::Journal {
 public:
  base::Task<base::Status> commit(std::vector<base::JournalEntry> taken) override {
    co_return take(std::move(taken));
  }
  base::Status submit(std::vector<base::JournalEntry> taken) override {
    return take(std::move(taken));
  }
  bool writable() const override { return is_writable; }

  std::vector<std::string> streams() const {
    std::vector<std::string> names;
    for (const auto& entry : entries) names.push_back(entry.stream);
    return names;
  }

  bool is_writable = true;
  bool fails = false;
  std::string refused_key;  ///< a submission with a record about it fails
  std::vector<base::JournalEntry> entries;

 private:
  base::Status take(std::vector<base::JournalEntry> taken) {
    const bool is_refused = std::ranges::any_of(
        taken, [&](const auto& entry) { return !refused_key.empty() && entry.key == refused_key; });
    if (fails || is_refused) return base::Error{base::Code::unavailable, "the disk is full", {}};
    for (auto& entry : taken) entries.push_back(std::move(entry));
    return {};
  }
};

}  // namespace tests
