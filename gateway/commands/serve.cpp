#include <pthread.h>

#include <chrono>
#include <csignal>
#include <iostream>
#include <memory>

#include "gateway/commands/load.h"
#include "gateway/commands/service_manager.h"
#include "gateway/gateway.h"

namespace gateway::commands {
namespace {

// Until nothing is in flight, the time is over, or a second signal says that it is.
void wait_for_calls(const Gateway& gateway, std::chrono::milliseconds time, const sigset_t& endings) {
  constexpr timespec between_looks{0, 20'000'000};
  const auto end = std::chrono::steady_clock::now() + time;
  while (gateway.requests_in_flight() > 0 && std::chrono::steady_clock::now() < end) {
    if (sigtimedwait(&endings, nullptr, &between_looks) > 0) return;
  }
}

Exit serve(const Invocation& invocation) {
  // Blocked before any thread starts, so that only the wait below receives them.
  sigset_t endings;
  sigemptyset(&endings);
  sigaddset(&endings, SIGINT);
  sigaddset(&endings, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &endings, nullptr);

  Loaded loaded = load(invocation);
  base::Log log;
  if (loaded.config.policy_files.empty()) {
    std::cerr << "No policies: are configured: serving loopback only, to the one agent `local`, "
                 "which may call "
                 "everything.\n";
  }
  for (const std::string& note : loaded.notes) std::cerr << note << "\n";
  auto opened = Gateway::open(loaded.config, std::move(loaded.policy), log);
  if (!opened) return fail(opened.error());
  Gateway& gateway = **opened;
  gateway.start();
  std::cout << "sluice listening on " << gateway.url() << std::endl;

  tell_service_manager("READY=1");

  int signal = 0;
  sigwait(&endings, &signal);
  tell_service_manager("STOPPING=1");
  gateway.drain();
  wait_for_calls(gateway, loaded.config.drain, endings);
  gateway.stop();
  return Exit::done;
}

}  // namespace

void add_serve(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("serve", "Run the gateway until SIGTERM or Ctrl-C");
  command->add_option("--listen", invocation.listen,
                      "HOST:PORT, instead of the configuration's 'listen'");
  command->footer(
      "Example: sluice serve --config sluice.yaml\n"
      "         sluice serve --mcp-config ~/.cursor/mcp.json");
  command->callback(
      [&invocation] { invocation.run = [&invocation] { return serve(invocation); }; });
}

}  // namespace gateway::commands
