#pragma once

#include <memory>
#include <utility>

#include "base/sqlite_journal.h"
#include "policies/ledger/memory_ledger.h"
#include "policies/ledger/spending_table.h"
#include "tests/contract/ledger_subject.h"
#include "tests/support/temp_dir.h"

namespace tests {

/// The ledger of one process.
class InMemory final : public Subject {
 public:
  InMemory() { ledger_ = std::make_unique<policies::ledger::MemoryLedger>(journal_, clock_); }
  ~InMemory() override {
    stop();
    ledger_.reset();
  }

 private:
  LockedJournal journal_;
};

/// The same on a journal in a file.
class OnSqlite final : public Subject {
 public:
  OnSqlite() {
    auto table = std::make_unique<policies::ledger::SpendingTable>(clock_);
    const policies::ledger::SpendingTable& spending = *table;
    base::SqliteJournal::Projections projections;
    projections.push_back(std::move(table));
    journal_ = std::move(
        *base::SqliteJournal::open(directory_ / "journal.db", {}, std::move(projections)));
    ledger_ = std::make_unique<policies::ledger::MemoryLedger>(*journal_, clock_, spending.rows());
  }
  ~OnSqlite() override {
    stop();
    ledger_.reset();
  }

 private:
  TempDir directory_;
  std::unique_ptr<base::SqliteJournal> journal_;
};

template <class Implementation>
std::unique_ptr<Subject> make() {
  return std::make_unique<Implementation>();
}

/// Every implementation: the same cases hold for all.
struct Named {
  const char* name;
  std::unique_ptr<Subject> (*make)();
};
inline const Named implementations[] = {
    {"memory", make<InMemory>}, {"sqlite", make<OnSqlite>}, {"redis", make<OnRedis>}};

}  // namespace tests
