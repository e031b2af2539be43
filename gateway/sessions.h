#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/limits.h"
#include "base/task.h"
#include "gateway/pipeline/principal.h"
#include "mcp/log_level.h"
#include "mcp/revision.h"

namespace gateway {

/// What a session has settled.
struct SessionFacts {
  mcp::Revision revision;
  std::optional<mcp::LogLevel> log_level = {};  ///< by logging/setLevel; no log messages before
  bool elicits = false;  ///< whether its client shows its person forms
};

/// Sessions of legacy clients (2025-11-25, transports: session management). An id alone is worth
/// nothing: it is looked up together with tenant and agent (invariant 7), and only through the view
/// by which it was opened. Bounded per agent: the one used longest ago makes room. Thread-safe.
class Sessions {
 public:
  explicit Sessions(const base::Limits& limits) : limits_(limits) {}

  /// Opens a session and returns its id: 128 random bits.
  std::string open(const pipeline::Principal& owner, mcp::Revision revision, base::SteadyTime now,
                   bool elicits = false);
  /// What a live session of this owner has settled; counts as a use. nullopt: there is none.
  std::optional<SessionFacts> use(const pipeline::Principal& owner, std::string_view id,
                                  base::SteadyTime now);
  /// Sets the level of log messages that the session wants.
  void set_log_level(const pipeline::Principal& owner, std::string_view id, mcp::LogLevel level);
  /// Whether there was such a session to end.
  bool close(const pipeline::Principal& owner, std::string_view id);

 private:
  using Owner = std::pair<std::string, std::string>;  // tenant, agent
  struct Session {
    SessionFacts facts;
    std::string view;
    base::SteadyTime used;
  };
  using OwnedSessions = std::map<std::string, Session, std::less<>>;
  /// With the mutex held. Owners are agents of the policy: as many as it names.
  OwnedSessions& owned_by(const pipeline::Principal& owner);
  void make_room(OwnedSessions& sessions, base::SteadyTime now) const;

  const base::Limits& limits_;
  std::mutex mutex_;
  std::map<Owner, OwnedSessions> sessions_;  // guarded by mutex_
};

}  // namespace gateway
