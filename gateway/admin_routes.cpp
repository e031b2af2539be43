#include "gateway/admin_routes.h"

#include <algorithm>

namespace gateway {
namespace {

constexpr AdminRoute routes[] = {
    {"GET", "/v1/servers", Right::read},
    {"POST", "/v1/servers/restart", Right::operate},
    {"GET", "/v1/config", Right::read},
    {"POST", "/v1/reload", Right::operate},
    {"GET", "/v1/tools", Right::read},
    {"GET", "/v1/tools/show", Right::read},
    {"GET", "/v1/budgets", Right::read},
    {"POST", "/v1/budgets/accept-loss", Right::operate},
    {"GET", "/metrics", Right::read},
    {"POST", "/v1/call", Right::operate},  // as any agent
    {"GET", "/v1/approvals", Right::read},
    {"GET", "/v1/approvals/{id}", Right::read},
    {"POST", "/v1/approvals/{id}/decision", Right::approve},
    {"POST", "/v1/approvals/{id}/forget", Right::approve},
    {"GET", "/v1/runs", Right::read},
    {"POST", "/v1/runs", Right::operate},
    {"GET", "/v1/runs/{id}", Right::read},
    {"GET", "/v1/runs/{id}/events", Right::read},
    {"POST", "/v1/runs/{id}/pause", Right::operate},
    {"POST", "/v1/runs/{id}/resume", Right::operate},
    {"POST", "/v1/runs/{id}/cancel", Right::operate},
    {"POST", "/v1/runs/{id}/resolve", Right::operate},
};

constexpr std::string_view parameter = "{id}";

std::optional<std::string> match(std::string_view pattern, std::string_view path) {
  const std::size_t at = pattern.find(parameter);
  if (at == std::string_view::npos) {
    return pattern == path ? std::optional(std::string()) : std::nullopt;
  }
  const std::string_view before = pattern.substr(0, at);
  const std::string_view after = pattern.substr(at + parameter.size());
  if (path.size() <= before.size() + after.size() || !path.starts_with(before) ||
      !path.ends_with(after)) {
    return std::nullopt;
  }
  const std::string_view id = path.substr(at, path.size() - before.size() - after.size());
  if (id.find('/') != std::string_view::npos) return std::nullopt;
  return std::string(id);
}

}  // namespace

std::string_view to_string(Right right) {
  switch (right) {
    case Right::read:
      return "read";
    case Right::operate:
      return "operate";
    case Right::approve:
      break;
  }
  return "approve";
}

bool AdminPeer::may(Right right) const {
  switch (right) {
    case Right::read:
      return runs_gateway || person != nullptr;
    case Right::operate:
      return runs_gateway;
    case Right::approve:
      return person != nullptr && person->may_approve;
  }
  return false;
}

std::string AdminPeer::name() const {
  return person == nullptr ? login : person->name + " (" + login + ")";
}

AdminPeer admin_peer(const std::string& login, const std::string& own,
                     const policies::Policy& policy) {
  return {login, login == own || login == "unix:root", policy.find_person(login)};
}

bool has_other_people(const std::string& own, const policies::Policy& policy) {
  const auto logins = policy.logins();
  return std::any_of(logins.begin(), logins.end(), [&own](const std::string& login) {
    return login != own && login != "unix:root";
  });
}

std::span<const AdminRoute> admin_routes() { return routes; }

std::optional<AdminMatch> match_admin_route(std::string_view method, std::string_view path) {
  for (std::size_t at = 0; at < std::size(routes); ++at) {
    if (routes[at].method != method) continue;
    if (auto id = match(routes[at].path, path)) return AdminMatch{at, *std::move(id)};
  }
  return std::nullopt;
}

}  // namespace gateway
