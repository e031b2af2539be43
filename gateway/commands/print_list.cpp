#include "gateway/commands/print_list.h"

#include <iostream>

#include "gateway/commands/admin_client.h"
#include "gateway/commands/load.h"

namespace gateway::commands {

using base::Json;

Exit print_list(const Invocation& invocation, const std::string& route, const char* key,
                const std::function<std::string(const Json&)>& line_of,
                const std::function<void(const Json& answer)>& also) {
  auto answer = ask_gateway(chosen_gateway(invocation), route);
  if (!answer) {
    std::cerr << answer.error().message << "\n";
    return answer.error().code == base::Code::unavailable ? Exit::unreachable : Exit::failed;
  }
  if (invocation.json) {
    std::cout << base::dump_json(*answer) << "\n";
    return Exit::done;
  }
  const Json& list = (*answer)[key];
  for (const Json& entry : list) std::cout << line_of(entry) << "\n";
  if (list.empty()) std::cerr << "No " << key << ".\n";
  if (also) also(*answer);
  return Exit::done;
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

}  // namespace gateway::commands
