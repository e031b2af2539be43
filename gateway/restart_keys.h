#pragma once

#include "base/result.h"
#include "gateway/config.h"

namespace gateway {

/// Whether a running gateway can go on with `next`. Code::refused names the keys that have changed
/// and need a restart: a set of files is taken as a whole or not at all.
base::Status check_live(const Config& running, const Config& next);

}  // namespace gateway
