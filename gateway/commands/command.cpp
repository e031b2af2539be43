#include "gateway/commands/command.h"

#include <iostream>

namespace gateway::commands {

Exit fail(const base::Error& error) {
  std::cerr << "sluice: " << error.message;
  if (!error.detail.empty()) std::cerr << " (" << error.detail << ")";
  std::cerr << "\n";
  return Exit::failed;
}

}  // namespace gateway::commands
