#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/file_reader.h"
#include "base/log.h"
#include "base/result.h"
#include "gateway/loaded_config.h"

namespace gateway {

/// How a gateway stands with the files of its configuration.
struct ReloadStatus {
  std::shared_ptr<const Config> in_force;
  std::chrono::system_clock::time_point since;  ///< it is in force
  std::int64_t reloads = 0;                     ///< how often the configuration was replaced
  std::int64_t refusals = 0;                    ///< how often files were not taken
  std::string refused;  ///< why the files as they are now are not in force; "" when they are
  std::chrono::system_clock::time_point refused_at;
  std::int64_t answered = 0;  ///< the newest ticket of Reloader::ask that was answered
};

/// Takes up changes of a configuration's files while the gateway runs; what is invalid changes
/// nothing. Has a thread of its own, because files may be slow or hang. Thread-safe.
class Reloader {
 public:
  /// Puts a configuration in force, as a whole or not at all.
  using Apply = std::function<base::Status(const LoadedConfig&)>;

  /// `files` are those that `in_force` was read from. The log outlives the reloader.
  Reloader(ConfigLoader load, std::shared_ptr<const Config> in_force, base::FileSet files,
           Apply apply, base::Log& log);
  ~Reloader();

  void start();
  /// Nothing is applied any more when it returns. Idempotent.
  void stop();
  /// Has the files read at once, whether they changed or not; returns the ticket.
  std::int64_t ask();
  ReloadStatus status() const;

 private:
  struct State;
  static void run(const std::shared_ptr<State>& state);
  static void reload(State& state);

  std::shared_ptr<State> state_;  // shared with the thread, which may hang in a file
  std::thread thread_;
};

}  // namespace gateway
