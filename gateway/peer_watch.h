#pragma once

#include <functional>
#include <memory>

#include "base/byte_stream.h"
#include "base/event_loops.h"

namespace gateway {

/// Notices that a client has closed its connection while nothing is read from it. Bytes that come
/// early are no sign of it, and stay where they are. It begins to look at the next tick of the
/// loop, so that a request answered before that costs two stores. Belongs to the connection's loop.
class PeerWatch : public std::enable_shared_from_this<PeerWatch> {
 public:
  /// `stream` outlives the last stop().
  PeerWatch(base::Loop& loop, base::ByteStream& stream);

  /// `on_gone` is called once, when the client has closed its side.
  void start(std::function<void()> on_gone);
  void stop();

 private:
  void look();
  void wait();

  base::Loop& loop_;
  base::ByteStream& stream_;
  base::Deadline tick_;
  std::function<void()> on_gone_;  // null: nobody wants to know
  bool waiting_ = false;
};

}  // namespace gateway
