#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "policies/policy.h"

namespace gateway {

/// What whoever asks on the admin listener must be allowed to do.
enum class Right {
  read,     ///< whom the policy names under `people`, and who runs the gateway
  operate,  ///< who runs the gateway
  approve,  ///< people with `may: [approve]`
};
std::string_view to_string(Right right);

/// Who asks on the admin listener, as the transport or a key proved it.
struct AdminPeer {
  std::string login;                         ///< e.g. `unix:ops`, or `key 3f9k2m0q8zx1`
  bool runs_gateway = false;                  ///< the gateway's own user, or root
  const policies::Person* person = nullptr;  ///< of the policy; null when it names nobody so

  bool may(Right right) const;
  /// For refusals and the audit: `ann (key 3f9k2m0q8zx1)`, or the login of nobody the policy names.
  std::string name() const;
};

/// Whether the policy names people who are other users than the gateway's own: then the socket must
/// be open to them, and every route asks who comes.
bool has_other_people(const std::string& own, const policies::Policy& policy);

/// `own` is the login of the gateway's own user.
AdminPeer admin_peer(const std::string& login, const std::string& own,
                     const policies::Policy& policy);

/// One row of the admin listener. `{id}` in a path stands for one segment.
struct AdminRoute {
  std::string_view method, path;
  Right right;
};

/// All of them. docs/openapi.json describes the same.
std::span<const AdminRoute> admin_routes();

/// A route that a request asks for.
struct AdminMatch {
  std::size_t route = 0;  ///< index into admin_routes()
  std::string id;         ///< what stands for `{id}`
};
std::optional<AdminMatch> match_admin_route(std::string_view method, std::string_view path);

}  // namespace gateway
