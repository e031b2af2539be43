#pragma once

#include <string_view>

namespace gateway::commands {

/// Tells systemd what becomes of the service (sd_notify(3): `READY=1`, `STOPPING=1`), when it asked
/// to be told by $NOTIFY_SOCKET. What cannot be delivered is lost.
void tell_service_manager(std::string_view state);

}  // namespace gateway::commands
