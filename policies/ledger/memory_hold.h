#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "policies/ledger/memory_ledger.h"

namespace policies::ledger {

/// A hold of the MemoryLedger, which must outlive it.
class MemoryHold final : public Hold {
 public:
  MemoryHold(MemoryLedger& ledger, std::string call, bool with_intent)
      : ledger_(ledger), call_(std::move(call)), with_intent_(with_intent) {}
  ~MemoryHold() override;

  std::vector<base::JournalEntry> entries() const override;
  void committed() override { committed_ = true; }
  std::vector<base::JournalEntry> resolve(Fate fate) override;
  std::vector<base::JournalEntry> settle(std::int64_t spent) override;

 private:
  friend class MemoryLedger;
  struct Slot {
    MemoryLedger::Bucket* bucket;
  };
  struct Part {
    BudgetCounter* counter;
    std::int64_t start;
    std::int64_t amount;
    std::int64_t from_block;
    bool direct;  // not out of the block
  };

  void undo();

  MemoryLedger& ledger_;
  const std::string call_;
  const bool with_intent_;
  bool committed_ = false;
  bool resolved_ = false;
  std::vector<Slot> slots_;
  std::vector<Part> parts_;
};

}  // namespace policies::ledger
