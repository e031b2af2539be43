#pragma once

#include <string>

#include "base/json.h"
#include "gateway/pipeline/snapshot.h"

namespace gateway {

/// A tool as the admin listener lists it.
base::Json tool_facts(const pipeline::Snapshot& snapshot, const tools::CatalogEntry& entry);

/// The same with its price, its definition as the vendor wrote it, and what decides when `agent`, of
/// the policy or "", calls it.
base::Json tool_details(const pipeline::Snapshot& snapshot, const tools::CatalogEntry& entry,
                        const std::string& agent);

}  // namespace gateway
