#include <pthread.h>

#include <chrono>
#include <csignal>
#include <iostream>
#include <memory>

#include "base/file_reader.h"
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

Loaded load_traced(const Invocation& invocation, base::FileSet& files) {
  const base::FileTrace trace;
  Loaded loaded = load(invocation);
  files = trace.files();
  return loaded;
}

// Waits for a signal: false when it asks for a reload. SIGHUP does when somebody sends it; from the
// system it says that the terminal is gone, and with it whoever started this in the foreground.
bool is_ending(const sigset_t& signals) {
  siginfo_t information{};
  const int signal = ::sigwaitinfo(&signals, &information);
  return signal > 0 && !(signal == SIGHUP && information.si_code != SI_KERNEL);
}

Exit serve(const Invocation& invocation) {
  // Blocked before any thread starts, so that only the wait below receives them.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  base::FileSet files;
  Loaded loaded = load_traced(invocation, files);
  base::Log log;
  if (loaded.config.policy_files.empty()) {
    std::cerr << "No policies: are configured: serving loopback only, to the one agent `local`, "
                 "which may call "
                 "everything.\n";
  }
  for (const std::string& note : loaded.notes) std::cerr << note << "\n";
  const std::chrono::milliseconds drain = loaded.config.drain;
  const ConfigLoader load_again = [invocation] { return load(invocation); };
  auto opened = Gateway::open(std::move(loaded), {load_again, std::move(files)}, log);
  if (!opened) return fail(opened.error());
  Gateway& gateway = **opened;
  gateway.start();
  std::cout << "sluice listening on " << gateway.url() << std::endl;

  tell_service_manager("READY=1");

  while (!is_ending(signals)) gateway.reload();
  tell_service_manager("STOPPING=1");
  gateway.drain();
  sigdelset(&signals, SIGHUP);
  wait_for_calls(gateway, drain, signals);
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
