#include "gateway/sessions.h"

#include <algorithm>

#include "base/crypto.h"

namespace gateway {

std::string Sessions::open(const pipeline::Principal& owner, mcp::Revision revision,
                           base::SteadyTime now, bool elicits) {
  std::string id = base::random_text("0123456789abcdef", 32);
  const std::lock_guard lock(mutex_);
  OwnedSessions& sessions = owned_by(owner);
  make_room(sessions, now);
  sessions.emplace(id, Session{{revision, std::nullopt, elicits}, owner.view, now});
  return id;
}

Sessions::OwnedSessions& Sessions::owned_by(const pipeline::Principal& owner) {
  return sessions_[{owner.tenant, owner.agent}];
}

void Sessions::make_room(OwnedSessions& sessions, base::SteadyTime now) const {
  if (sessions.size() < limits_.sessions_per_agent) return;
  std::erase_if(sessions, [&](const auto& entry) {
    return now - entry.second.used > limits_.session_idle.get();
  });
  if (sessions.size() < limits_.sessions_per_agent) return;
  sessions.erase(
      std::min_element(sessions.begin(), sessions.end(),
                       [](const auto& a, const auto& b) { return a.second.used < b.second.used; }));
}

std::optional<SessionFacts> Sessions::use(const pipeline::Principal& owner, std::string_view id,
                                          base::SteadyTime now) {
  const std::lock_guard lock(mutex_);
  OwnedSessions& sessions = owned_by(owner);
  const auto found = sessions.find(id);
  if (found == sessions.end() || found->second.view != owner.view) return std::nullopt;
  if (now - found->second.used > limits_.session_idle.get()) {
    sessions.erase(found);
    return std::nullopt;
  }
  found->second.used = now;
  return found->second.facts;
}

void Sessions::set_log_level(const pipeline::Principal& owner, std::string_view id,
                             mcp::LogLevel level) {
  const std::lock_guard lock(mutex_);
  OwnedSessions& sessions = owned_by(owner);
  const auto found = sessions.find(id);
  if (found != sessions.end()) found->second.facts.log_level = level;
}

bool Sessions::close(const pipeline::Principal& owner, std::string_view id) {
  const std::lock_guard lock(mutex_);
  OwnedSessions& sessions = owned_by(owner);
  const auto found = sessions.find(id);
  if (found == sessions.end() || found->second.view != owner.view) return false;
  sessions.erase(found);
  return true;
}

}  // namespace gateway
