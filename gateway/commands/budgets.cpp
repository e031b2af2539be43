#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <memory>

#include "gateway/commands/admin_client.h"
#include "gateway/commands/load.h"
#include "gateway/commands/print_list.h"

namespace gateway::commands {
namespace {

using base::Json;

constexpr std::size_t bar_width = 20;

std::string bar(double share) {
  const double filled = std::clamp(share, 0.0, 1.0) * static_cast<double>(bar_width);
  const auto full = static_cast<std::size_t>(filled);
  std::string text;
  for (std::size_t at = 0; at < bar_width; ++at) text += at < full ? "█" : "░";
  return text;
}

std::string plain(const Json& value) {
  return value.is_string() ? value.get<std::string>() : base::dump_json(value);
}

std::string column(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text + "  ";
}

std::string line_of(const Json& budget, bool with_bar) {
  std::string line = column(plain(budget["budget"]), 24) + column(plain(budget["scope"]), 24);
  if (with_bar) line += bar(budget["share"].get<double>()) + "  ";
  line += plain(budget["used"]) + " of " + plain(budget["limit"]) + " " + plain(budget["unit"]) +
          " per " + plain(budget["window"]);
  for (const char* part : {"held", "unknown", "forfeited"}) {
    const std::string amount = plain(budget[part]);
    if (amount != "0" && amount != "0.00") line += ", " + amount + " " + part;
  }
  if (budget["on_exceed"] == "ask") {
    std::string asked;
    for (const Json& name : budget["by"]) asked += (asked.empty() ? "" : ", ") + plain(name);
    line += ", then asks " + asked;
  }
  if (budget["resets"].is_string()) line += ", resets " + plain(budget["resets"]);
  return line;
}

Exit budgets(const Invocation& invocation) {
  const bool on_terminal = isatty(STDOUT_FILENO) == 1;
  return print_list(invocation, "/v1/budgets", "budgets",
                    [on_terminal](const Json& budget) { return line_of(budget, on_terminal); });
}

Exit accept_loss(const Invocation& invocation) {
  const auto answer =
      ask_gateway(chosen_gateway(invocation), "/v1/budgets/accept-loss", Json::object());
  if (!answer) {
    std::cerr << answer.error().message << "\n";
    return answer.error().code == base::Code::unavailable ? Exit::unreachable : Exit::failed;
  }
  if (invocation.json) {
    std::cout << base::dump_json(*answer) << "\n";
  } else {
    std::cout << "Budgets count on with what the store holds now.\n";
  }
  return Exit::done;
}

}  // namespace

void add_budgets(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("budgets", "Show what is used of each budget");
  command->footer("Example: sluice budgets --json");
  auto accepts = std::make_shared<bool>(false);
  command->add_flag("--accept-loss", *accepts,
                    "Take the store as it is after it lost what was spent");
  command->callback([&invocation, accepts] {
    invocation.run = [&invocation, accepts] {
      return *accepts ? accept_loss(invocation) : budgets(invocation);
    };
  });
}

}  // namespace gateway::commands
