#include <chrono>
#include <iostream>
#include <memory>
#include <thread>

#include "base/crypto.h"
#include "base/journal_reader.h"
#include "base/json.h"
#include "gateway/commands/audit_search.h"
#include "gateway/commands/load.h"

namespace gateway::commands {
namespace {

constexpr std::chrono::milliseconds follow_pause{200};
constexpr std::size_t follow_batch = 1000;

struct TailOptions {
  std::size_t count = 20;
  bool follow = false;
};

Exit tail(const Invocation& invocation, const TailOptions& options) {
  auto reader = base::JournalReader::open(load_chosen_config(invocation).journal);
  if (!reader) return fail(reader.error());
  auto records = reader->tail("audit", options.count);
  std::int64_t last = 0;
  while (true) {
    if (!records) return fail(records.error());
    for (const base::JournalRecord& record : *records) {
      print_audit(invocation, record.body);
      last = record.seq;
    }
    std::cout.flush();
    if (!options.follow || !std::cout) return Exit::done;
    if (records->empty()) std::this_thread::sleep_for(follow_pause);
    records = reader->after(last, "audit", follow_batch);
  }
}

Exit verify(const Invocation& invocation, const std::string& checkpoint_text) {
  std::optional<base::JournalCheckpoint> checkpoint;
  if (!checkpoint_text.empty()) {
    auto parsed = base::JournalCheckpoint::parse(checkpoint_text);
    if (!parsed) {
      std::cerr << parsed.error().message << "\n";
      return Exit::usage;
    }
    checkpoint = *parsed;
  }
  auto reader = base::JournalReader::open(load_chosen_config(invocation).journal);
  if (!reader) return fail(reader.error());
  auto verdict = reader->verify(checkpoint);
  if (!verdict) return fail(verdict.error());
  if (const auto* fault = std::get_if<base::JournalFault>(&*verdict)) {
    if (invocation.json) {
      std::cout << base::dump_json(
                       {{"intact", false}, {"seq", fault->seq}, {"reason", fault->reason}})
                << "\n";
    } else {
      std::cout << "record " << fault->seq << ": " << fault->reason << "\n";
    }
    return Exit::failed;
  }
  const auto& intact = std::get<base::JournalIntact>(*verdict);
  const std::string noted = std::to_string(intact.last) + ":" + intact.head;
  if (invocation.json) {
    std::cout << base::dump_json(
                     {{"intact", true}, {"records", intact.records}, {"checkpoint", noted}})
              << "\n";
  } else {
    std::cout << intact.records << " records, none altered or missing. Checkpoint: " << noted
              << "\n";
  }
  return Exit::done;
}

}  // namespace

void add_audit(CLI::App& app, Invocation& invocation) {
  CLI::App* audit = app.add_subcommand("audit", "The audit log");
  audit->require_subcommand(1);

  CLI::App* tail_command = audit->add_subcommand("tail", "Show the newest calls");
  auto options = std::make_shared<TailOptions>();
  tail_command->add_option("-n", options->count, "How many")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  tail_command->add_flag("-f,--follow", options->follow, "Go on with what comes");
  tail_command->footer("Example: sluice audit tail -n 50 --follow");
  tail_command->callback([&invocation, options] {
    invocation.run = [&invocation, options] { return tail(invocation, *options); };
  });

  CLI::App* verify_command = audit->add_subcommand(
      "verify", "Check the hash chain: finds records that were altered or removed");
  auto checkpoint = std::make_shared<std::string>();
  verify_command->add_option(
      "--checkpoint", *checkpoint,
      "SEQ:HASH that an earlier verify printed and you kept elsewhere: finds a cut-off tail too");
  verify_command->footer("Example: sluice audit verify --checkpoint 120:9f86d0…");
  verify_command->callback([&invocation, checkpoint] {
    invocation.run = [&invocation, checkpoint] { return verify(invocation, *checkpoint); };
  });

  add_audit_search(*audit, invocation);
}

}  // namespace gateway::commands
