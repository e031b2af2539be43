#include "gateway/stream_watch.h"

#include <tuple>
#include <utility>

#include <asio/post.hpp>

namespace gateway {
namespace {

// After so many keys others on the loop get their turn.
constexpr std::size_t keys_per_turn = 64;

}  // namespace

bool StreamWatch::Order::operator()(const pipeline::Principal& a,
                                    const pipeline::Principal& b) const {
  return std::tie(a.credential, a.agent, a.tenant) < std::tie(b.credential, b.agent, b.tenant);
}

class StreamWatch::Entry {
 public:
  Entry(Streams& open, EventStream& stream, const pipeline::Principal& principal)
      : open_(open), stream_(stream), principal_(principal) {
    open_[principal_].insert(&stream_);
  }
  ~Entry() {
    const auto group = open_.find(principal_);
    if (group == open_.end()) return;  // all were told to end
    group->second.erase(&stream_);
    if (group->second.empty()) open_.erase(group);
  }
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

 private:
  Streams& open_;
  EventStream& stream_;
  const pipeline::Principal principal_;
};

StreamWatch::StreamWatch(base::EventLoops& loops, const Authenticator& authenticator,
                         base::Log& log)
    : loops_(loops), authenticator_(authenticator), log_(log), open_(loops.size()) {}

void StreamWatch::start() {
  for (std::size_t i = 0; i < loops_.size(); ++i) loops_.at(i).spawn(look(loops_.at(i)));
}

std::shared_ptr<void> StreamWatch::add(base::Loop& loop, EventStream& stream,
                                       const pipeline::Principal& principal) {
  return std::make_shared<Entry>(open_[loop.index()], stream, principal);
}

// Streams come and go between the turns.
base::Task<void> StreamWatch::look(base::Loop& loop) {
  Streams& open = open_[loop.index()];
  while (co_await loop.sleep(period)) {
    auto next = open.begin();
    for (std::size_t looked = 1; next != open.end(); ++looked) {
      const auto group = next++;
      if (end_unknown(*group)) open.erase(group);
      if (looked % keys_per_turn != 0 || next == open.end()) continue;
      const pipeline::Principal place = next->first;
      co_await asio::post(loop.executor(), base::use_task);
      next = open.lower_bound(place);
    }
  }
}

bool StreamWatch::end_unknown(const Streams::value_type& group) const {
  const auto& [principal, streams] = group;
  const auto why = authenticator_.objection(principal, seconds_now());
  if (!why) return false;
  log_.write(base::LogLevel::info, "streams_ended",
             {{"agent", principal.agent},
              {"credential", principal.credential},
              {"streams", static_cast<std::int64_t>(streams.size())},
              {"reason", *why}});
  for (EventStream* stream : streams) stream->revoke();
  return true;
}

}  // namespace gateway
