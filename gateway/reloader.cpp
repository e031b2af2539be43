#include "gateway/reloader.h"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "base/file_watch.h"
#include "base/yaml.h"

namespace gateway {
namespace {

constexpr std::chrono::seconds patience{2};  // with a file that hangs, when the gateway stops

}  // namespace

struct Reloader::State {
  State(ConfigLoader loader, Apply applier, base::Log& to)
      : load(std::move(loader)), apply(std::move(applier)), log(to) {}

  const ConfigLoader load;
  const Apply apply;
  base::Log& log;  // used with `gate` held alone
  base::FileWatch watch;

  std::mutex gate;  // held while something is applied
  bool stopping = false;
  bool ended = false;
  std::condition_variable end;

  mutable std::mutex mutex;  // guards what follows
  ReloadStatus status;
  std::int64_t asked = 0;
};

Reloader::Reloader(ConfigLoader load, std::shared_ptr<const Config> in_force, base::FileSet files,
                   Apply apply, base::Log& log)
    : state_(std::make_shared<State>(std::move(load), std::move(apply), log)) {
  state_->watch.look_after(std::move(files));
  state_->status.in_force = std::move(in_force);
  state_->status.since = std::chrono::system_clock::now();
}

Reloader::~Reloader() { stop(); }

void Reloader::start() {
  thread_ = std::thread([state = state_] { run(state); });
}

void Reloader::stop() {
  if (!thread_.joinable()) return;
  std::unique_lock lock(state_->gate);
  state_->stopping = true;
  state_->watch.wake();
  const bool ended = state_->end.wait_for(lock, patience, [this] { return state_->ended; });
  lock.unlock();
  if (ended) {
    thread_.join();
  } else {
    thread_.detach();  // it hangs in a file, and does nothing more when it comes back
  }
}

std::int64_t Reloader::ask() {
  const std::lock_guard lock(state_->mutex);
  state_->watch.wake();
  return ++state_->asked;
}

ReloadStatus Reloader::status() const {
  const std::lock_guard lock(state_->mutex);
  return state_->status;
}

void Reloader::run(const std::shared_ptr<State>& state) {
  while (true) {
    state->watch.wait();
    {
      const std::lock_guard lock(state->gate);
      if (state->stopping) break;
    }
    reload(*state);
  }
  const std::lock_guard lock(state->gate);
  state->ended = true;
  state->end.notify_all();
}

void Reloader::reload(State& state) {
  std::int64_t ticket = 0;
  {
    const std::lock_guard lock(state.mutex);
    ticket = state.asked;
  }
  base::Result<LoadedConfig> loaded = base::Error{};
  base::FileTrace trace;
  try {
    loaded = state.load();
  } catch (const std::exception& error) {
    loaded = base::Error{base::Code::invalid, error.what(), {}};
  }
  const std::lock_guard no_stop(state.gate);
  if (state.stopping) return;
  const base::Status applied = loaded ? state.apply(*loaded) : base::Status(loaded.error());
  state.watch.look_after(trace.files());
  const auto now = std::chrono::system_clock::now();
  const std::lock_guard lock(state.mutex);
  ReloadStatus& status = state.status;
  status.answered = ticket;
  if (applied) {
    status.in_force = std::make_shared<const Config>(std::move(loaded->config));
    status.since = now;
    status.refused.clear();
    ++status.reloads;
    for (const std::string& note : loaded->notes) {
      state.log.write(base::LogLevel::warn, "config_note", {{"note", note}});
    }
    return;
  }
  status.refused = applied.error().message;
  status.refused_at = now;
  ++status.refusals;
  state.log.write(base::LogLevel::error, "config_refused", {{"reason", status.refused}});
}

}  // namespace gateway
