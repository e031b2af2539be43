#pragma once

#include <string>

#include "gateway/pipeline/outcome.h"
#include "policies/permit.h"

namespace gateway {

/// What Sluice says on a result of its own.
struct ResultStamps {
  const std::string& request_id;
  bool modern;  ///< for 2026-07-28, whose results have a type
  policies::Primitive primitive;
};

/// The text of a result as its client finds it: the server's members as they came, but for those
/// that are Sluice's to write. It is written straight from the server's, since a tree with ours in
/// it would be built only to be printed.
std::string stamped_result(const pipeline::Outcome& outcome, const ResultStamps& stamps);

}  // namespace gateway
