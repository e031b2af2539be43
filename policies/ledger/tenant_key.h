#pragma once

#include <string>
#include <string_view>

namespace policies::ledger {

/// The key `name` of a tenant in Redis. All keys of one tenant share a hash tag, so that one script
/// may touch them together.
std::string tenant_key(const std::string& tenant, std::string_view name);

}  // namespace policies::ledger
