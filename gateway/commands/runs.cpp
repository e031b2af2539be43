#include <algorithm>
#include <iostream>
#include <memory>

#include "gateway/commands/admin_client.h"
#include "gateway/commands/load.h"
#include "gateway/commands/print_list.h"

namespace gateway::commands {
namespace {

using base::Json;

constexpr std::size_t longest_line = 160;
constexpr int wait_s = 30;

std::string member_text(const Json& facts, const char* key) {
  const std::string* value = base::find_string(facts, key);
  return value ? *value : std::string();
}

// One line, cut at a character's end.
std::string clipped(std::string line) {
  line.erase(line.find_last_not_of(" \n") + 1);
  std::replace(line.begin(), line.end(), '\n', ' ');
  if (line.size() <= longest_line) return line;
  std::size_t end = longest_line;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) --end;
  return line.substr(0, end) + "…";
}

std::string text_of_result(const Json& result) {
  const Json* content = base::find_member(result, "content");
  std::string all;
  if (content != nullptr && content->is_array()) {
    for (const Json& block : *content) all += member_text(block, "text") + " ";
  }
  return all;
}

std::string place_of(const Json& event) {
  return std::to_string(event.value("turn", 0)) + "." + std::to_string(event.value("index", 0));
}

void print_answer(const Json& event) {
  const std::string said = member_text(event, "text");
  if (!said.empty() && !event["calls"].empty()) std::cout << "  " << clipped(said) << "\n";
  std::size_t index = 0;
  for (const Json& call : event["calls"]) {
    std::cout << "→ " << event.value("turn", 0) << "." << index++ << " "
              << member_text(call, "tool") << " " << clipped(base::dump_json(call["arguments"]))
              << "\n";
  }
}

void print_asked(const Json& event) {
  const std::string context = member_text(event, "context");
  if (context == "rebuilt") std::cout << "  context rebuilt from the journal\n";
  if (context == "forgotten") std::cout << "  context expired: starts again from the goal\n";
  if (context == "summarised") std::cout << "  context expired: asks for a summary of it\n";
}

void print_event(const Json& event) {
  const std::string name = member_text(event, "event");
  if (name == "started")
    std::cout << "  " << member_text(event, "agent") << ": " << clipped(member_text(event, "goal"))
              << "\n";
  if (name == "asked") print_asked(event);
  if (name == "answered") print_answer(event);
  if (name == "ask_failed") std::cout << "! " << clipped(member_text(event, "text")) << "\n";
  if (name == "called") {
    std::cout << "← " << place_of(event) << " " << member_text(event, "kind") << ": "
              << clipped(text_of_result(event["result"])) << "\n";
  }
  if (name == "resolved") {
    std::cout << "← " << place_of(event) << " resolved by " << member_text(event, "by") << ": "
              << member_text(event, "how") << "\n";
  }
  if (name == "store_lost") std::cout << "  paused: the store does not answer\n";
  if (name == "store_back") std::cout << "  goes on: the store answers again\n";
  if (name == "recovered") std::cout << "  recovered: the gateway was started again\n";
  for (const char* word : {"paused", "resumed", "cancelled"}) {
    if (name == word) std::cout << "  " << word << " by " << member_text(event, "by") << "\n";
  }
  if (name == "ended") {
    std::cout << member_text(event, "status") << ": " << member_text(event, "text") << "\n";
  }
}

Exit exit_of_end(const Json& ended) {
  return member_text(ended, "status") == "done" ? Exit::done : Exit::failed;
}

Exit fail_asking(const base::Error& error) {
  std::cerr << error.message << "\n";
  return error.code == base::Code::unavailable ? Exit::unreachable : Exit::failed;
}

/// Prints what happens in a run until it ends.
class Follower {
 public:
  Follower(const Invocation& invocation, GatewayAddress gateway, std::string run)
      : invocation_(invocation), gateway_(std::move(gateway)), run_(std::move(run)) {}

  /// `leave_when_waiting`: not longer than until it waits for a person.
  Exit follow(std::int64_t after, bool leave_when_waiting) {
    after_ = after;
    while (true) {
      auto answer =
          ask_gateway(gateway_, "/v1/runs/" + run_ + "/events?after=" + std::to_string(after_) +
                                   "&wait=" + std::to_string(wait_s));
      if (!answer) return lost(answer.error());
      for (const Json& event : (*answer)["events"]) print(event);
      std::cout.flush();
      if (last_.is_object() && member_text(last_, "event") == "ended") return exit_of_end(last_);
      if ((*answer)["ended"] == true && (*answer)["events"].empty()) return end_of_earlier();
      if (leave_when_waiting && may_wait_) {
        if (const auto exit = look_whether_it_waits()) return *exit;
      }
    }
  }

 private:
  void print(const Json& event) {
    after_ = event.value("seq", after_);
    last_ = event;
    may_wait_ = member_text(event, "event") == "called";
    if (invocation_.json) {
      std::cout << base::dump_json(event) << "\n";
    } else {
      print_event(event);
    }
  }

  Exit lost(const base::Error& error) const {
    std::cerr << error.message << "\n";
    std::cerr << "Go on with: sluice runs follow " << run_ << " --after " << after_ << "\n";
    return error.code == base::Code::unavailable ? Exit::unreachable : Exit::failed;
  }

  // All of it was read before.
  Exit end_of_earlier() const {
    const auto run = ask_gateway(gateway_, "/v1/runs/" + run_);
    return run ? exit_of_end(*run) : fail_asking(run.error());
  }

  std::optional<Exit> look_whether_it_waits() {
    may_wait_ = false;
    const auto run = ask_gateway(gateway_, "/v1/runs/" + run_);
    if (!run || member_text(*run, "status") != "waiting") return std::nullopt;
    bool unknown = false;
    for (const Json& call : (*run)["calls"]) {
      unknown = unknown || member_text(call, "state") == "outcome_unknown";
    }
    if (!invocation_.json) {
      for (const Json& line : (*run)["waits_for"]) {
        std::cout << "waiting for " << line.get<std::string>() << "\n";
      }
      std::cout << "Go on with: sluice runs follow " << run_ << " --after " << after_ << "\n";
    }
    return unknown ? Exit::unknown : Exit::waiting;
  }

  const Invocation& invocation_;
  const GatewayAddress gateway_;
  const std::string run_;
  std::int64_t after_ = 0;
  bool may_wait_ = false;
  Json last_;
};

struct RunOptions {
  std::string agent, goal;
  bool detach = false;
};

Exit start_run(const Invocation& invocation, const RunOptions& options) {
  const GatewayAddress gateway = chosen_gateway(invocation);
  auto started = ask_gateway(gateway, "/v1/runs",
                             Json{{"agent", options.agent}, {"goal", options.goal}});
  if (!started) return fail_asking(started.error());
  const std::string run = member_text(*started, "run");
  if (invocation.json) {
    std::cout << base::dump_json(*started) << "\n";
  } else {
    std::cout << run << "\n";
  }
  std::cout.flush();
  if (options.detach) return Exit::done;
  return Follower(invocation, gateway, run).follow(0, true);
}

std::string run_list_line(const Json& run) {
  std::string line = padded(member_text(run, "run"), 18) + padded(member_text(run, "agent"), 16) +
                     padded(member_text(run, "status"), 11) + member_text(run, "started");
  const std::string reason = member_text(run, "reason");
  return reason.empty() ? line : line + "  " + reason;
}

Exit show_run(const Invocation& invocation, const std::string& run) {
  const auto facts = ask_gateway(chosen_gateway(invocation), "/v1/runs/" + run);
  if (!facts) return fail_asking(facts.error());
  if (invocation.json) {
    std::cout << base::dump_json(*facts) << "\n";
    return Exit::done;
  }
  const Json& tokens = (*facts)["tokens"];
  std::cout << "run      " << member_text(*facts, "run") << "\n"
            << "agent    " << member_text(*facts, "agent") << ", started by "
            << member_text(*facts, "by") << " at " << member_text(*facts, "started") << "\n"
            << "goal     " << clipped(member_text(*facts, "goal")) << "\n"
            << "status   " << member_text(*facts, "status") << " " << member_text(*facts, "reason")
            << "\n"
            << "taken    " << facts->value("steps", 0) << " steps, " << member_text(*facts, "spent")
            << ", tokens in " << tokens["input"] << " (cached " << tokens["cache_read"] << ") out "
            << tokens["output"] << ", active " << facts->value("active_ms", 0) << " ms\n";
  for (const Json& call : (*facts)["calls"]) {
    std::cout << "call     " << member_text(call, "call") << " " << member_text(call, "state")
              << " " << member_text(call, "tool") << " "
              << clipped(base::dump_json(call["arguments"])) << "\n";
  }
  for (const Json& line : (*facts)["waits_for"]) {
    std::cout << "waits    for " << line.get<std::string>() << "\n";
  }
  if (facts->contains("text")) std::cout << member_text(*facts, "text") << "\n";
  return Exit::done;
}

Exit tell_run(const Invocation& invocation, const std::string& run, const std::string& command,
              const Json& body) {
  const auto told =
      ask_gateway(chosen_gateway(invocation), "/v1/runs/" + run + "/" + command, body);
  if (!told) return fail_asking(told.error());
  if (invocation.json) {
    std::cout << base::dump_json(*told) << "\n";
  } else {
    std::cout << run << ": " << command << "\n";
  }
  return Exit::done;
}

void add_runs_list(CLI::App& runs, Invocation& invocation) {
  CLI::App* command = runs.add_subcommand("list", "The newest runs");
  command->footer("Example: sluice runs list");
  command->callback([&invocation] {
    invocation.run = [&invocation] {
      return print_list(invocation, "/v1/runs", "runs", run_list_line);
    };
  });
}

void add_runs_show(CLI::App& runs, Invocation& invocation) {
  CLI::App* command = runs.add_subcommand("show", "Where a run stands, and whom it waits for");
  auto run = std::make_shared<std::string>();
  command->add_option("RUN", *run, "The run's id")->required();
  command->footer("Example: sluice runs show run_0123456789ab");
  command->callback([&invocation, run] {
    invocation.run = [&invocation, run] { return show_run(invocation, *run); };
  });
}

void add_runs_follow(CLI::App& runs, Invocation& invocation) {
  struct Options {
    std::string run;
    std::int64_t after = 0;
  };
  CLI::App* command = runs.add_subcommand("follow", "Print the steps of a run until it ends");
  auto options = std::make_shared<Options>();
  command->add_option("RUN", options->run, "The run's id")->required();
  command->add_option("--after", options->after, "Go on after this event (its 'seq')");
  command->footer("Example: sluice runs follow run_0123456789ab --after 12");
  command->callback([&invocation, options] {
    invocation.run = [&invocation, options] {
      return Follower(invocation, chosen_gateway(invocation), options->run)
          .follow(options->after, false);
    };
  });
}

void add_runs_word(CLI::App& runs, Invocation& invocation, const std::string& name,
                   const std::string& help) {
  CLI::App* command = runs.add_subcommand(name, help);
  auto run = std::make_shared<std::string>();
  command->add_option("RUN", *run, "The run's id")->required();
  command->footer("Example: sluice runs " + name + " run_0123456789ab");
  command->callback([&invocation, run, name] {
    invocation.run = [&invocation, run, name] {
      return tell_run(invocation, *run, name, Json::object());
    };
  });
}

void add_runs_resolve(CLI::App& runs, Invocation& invocation) {
  struct Options {
    std::string run, call, outcome, result;
  };
  CLI::App* command = runs.add_subcommand(
      "resolve", "Say what became of a call whose outcome is unknown, so that its run goes on");
  auto options = std::make_shared<Options>();
  command->add_option("RUN", options->run, "The run's id")->required();
  command->add_option("CALL", options->call, "As `runs show` names it, such as 0.1")->required();
  command
      ->add_option("OUTCOME", options->outcome,
                   "done: with RESULT; not_done: send it again; abandon: tell the model that "
                   "nobody knows")
      ->required()
      ->check(CLI::IsMember({"done", "not_done", "abandon"}));
  command->add_option("RESULT", options->result, "What the call returned, when done");
  command->footer("Example: sluice runs resolve run_0123456789ab 0.1 done 'refunded 5 EUR'");
  command->callback([&invocation, options] {
    invocation.run = [&invocation, options] {
      const Json body{
          {"call", options->call}, {"outcome", options->outcome}, {"result", options->result}};
      return tell_run(invocation, options->run, "resolve", body);
    };
  });
}

}  // namespace

void add_runs(CLI::App& app, Invocation& invocation) {
  CLI::App* run = app.add_subcommand("run", "Start an agent of the runtime and print its steps");
  auto options = std::make_shared<RunOptions>();
  run->add_option("AGENT", options->agent, "An agent of runtime.agents")->required();
  run->add_option("GOAL", options->goal, "What it is to do")->required();
  run->add_flag("--detach", options->detach, "Print the run's id and leave");
  run->footer("The run goes on when this ends. Example: sluice run triage \"Sort the inbox.\"");
  run->callback([&invocation, options] {
    invocation.run = [&invocation, options] { return start_run(invocation, *options); };
  });

  CLI::App* runs = app.add_subcommand("runs", "Runs of agents");
  runs->require_subcommand(1);
  add_runs_list(*runs, invocation);
  add_runs_show(*runs, invocation);
  add_runs_follow(*runs, invocation);
  add_runs_word(*runs, invocation, "pause", "Begin nothing new until resumed");
  add_runs_word(*runs, invocation, "resume", "Go on after a pause");
  add_runs_word(*runs, invocation, "cancel", "End a run, as soon as what was sent has come back");
  add_runs_resolve(*runs, invocation);
}

}  // namespace gateway::commands
