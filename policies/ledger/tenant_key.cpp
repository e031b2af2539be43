#include "policies/ledger/tenant_key.h"

namespace policies::ledger {

// An empty tag would be none; and no tenant's name holds a blank.
std::string tenant_key(const std::string& tenant, std::string_view name) {
  return "sluice:{" + (tenant.empty() ? "no tenant" : tenant) + "}:" + std::string(name);
}

}  // namespace policies::ledger
