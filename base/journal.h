#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/task.h"

namespace base {

/// One record of the journal. All streams share one order and one hash chain.
struct JournalEntry {
  std::string stream;  ///< "intent", "outcome", "audit", …
  std::string key;     ///< what the record is about, e.g. the request or intent id
  std::string body;    ///< one JSON object as text
  /// An open item is something that must be answered for after a crash, e.g. an intent without outcome.
  enum class Item { none, opens, closes } item = Item::none;
};

/// Where the truth is kept (design §2.5). Entries of one submission are one transaction, in order. Thread-safe.
class Journal {
 public:
  virtual ~Journal() = default;

  /// Returns when the entries are durable. Code::unavailable: none of them is.
  virtual Task<Status> commit(std::vector<JournalEntry> entries) = 0;

  /// Hands the entries over without waiting: a crash may lose the newest. Code::unavailable when the journal
  /// does not keep up or cannot write; nothing was taken then.
  virtual Status submit(std::vector<JournalEntry> entries) = 0;

  /// False while the journal cannot write. Calls must be refused then.
  virtual bool writable() const = 0;
};

}  // namespace base
