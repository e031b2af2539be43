#pragma once

#include <unordered_set>
#include <vector>

#include "base/event_loops.h"
#include "gateway/request_reader.h"

namespace gateway {

/// The connections of clients, so that those that wait for a request can be ended when the gateway
/// takes none any more.
class OpenConnections {
 public:
  /// `loops` outlive it.
  explicit OpenConnections(base::EventLoops& loops) : loops_(loops), readers_(loops.size()) {}

  /// As long as it lives, a connection is one of them. On its loop.
  class Entry {
   public:
    Entry(OpenConnections& open, base::Loop& loop, RequestReader& reader)
        : readers_(open.readers_[loop.index()]), reader_(reader) {
      readers_.insert(&reader_);
    }
    ~Entry() { readers_.erase(&reader_); }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    std::unordered_set<RequestReader*>& readers_;
    RequestReader& reader_;
  };

  /// Ends those that wait, soon; from any thread.
  void end_idle();

 private:
  base::EventLoops& loops_;
  std::vector<std::unordered_set<RequestReader*>> readers_;  // by loop, each of its loop alone
};

}  // namespace gateway
