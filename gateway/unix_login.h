#pragma once

#include <string>

#include <sys/types.h>

namespace gateway {

/// How a user of this machine logs in to the admin socket: `unix:NAME`, or `unix:NUMBER` when it has
/// no name.
std::string unix_login(uid_t user);

}  // namespace gateway
