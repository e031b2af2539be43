#include <iostream>
#include <memory>

#include "base/yaml.h"
#include "gateway/commands/admin_client.h"
#include "gateway/commands/load.h"
#include "gateway/commands/print_list.h"

namespace gateway::commands {
namespace {

using base::Json;

struct Word {
  std::string id;
  std::string decision;
  std::string message;
  std::string arguments;  ///< of an edit
  std::string remember;   ///< a duration
  std::string matching;   ///< a JSON Schema
};

std::string joined(const Json& names) {
  std::string text;
  for (const Json& name : names) text += (text.empty() ? "" : ", ") + name.get<std::string>();
  return text;
}

std::string state_text(const Json& facts) {
  const std::string state = facts.value("state", "");
  std::string text = state;
  if (state == "pending") text += ", waits for " + joined(facts["waits_for"]);
  if (!facts["votes"].empty() && (state == "approved" || state == "denied")) {
    text += " by " + facts["votes"].back().value("person", "");
  }
  if (facts.contains("remembered")) text += ", remembered";
  return text + " until " + facts.value("until", "");
}

std::string approval_line(const Json& facts) {
  return padded(facts.value("approval", ""), 14) + padded(facts.value("tool", ""), 30) + "  " +
         padded(facts.value("agent", ""), 16) + "  " + state_text(facts);
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : base::dump_json(value);
}

std::string remembered_line(const Json& facts) {
  const Json& remembered = facts["remembered"];
  const std::string who = facts["votes"].empty() ? "" : facts["votes"].back().value("person", "");
  return padded(facts.value("approval", ""), 14) + padded(facts.value("tool", ""), 30) + "  " +
         padded(facts.value("agent", ""), 16) + "  by " + who + " until " +
         remembered.value("until", "") + " for arguments " + text_of(remembered["arguments"]);
}

void print_approval(const Json& facts) {
  const auto line = [](const char* name, const std::string& text) {
    if (!text.empty()) std::cout << padded(name, 11) << text << "\n";
  };
  std::cout << facts.value("approval", "") << " " << state_text(facts) << "\n";
  const std::string tenant = facts.value("tenant", ""), owner = facts.value("owner", "");
  line("agent", facts.value("agent", "") + (tenant.empty() ? "" : ", tenant " + tenant) +
                    (owner.empty() ? "" : ", owned by " + owner));
  const std::string price = facts.value("price", "");
  line("tool", facts.value("tool", "") + ", " + facts.value("effect", "not offered now") +
                   (price.empty() ? "" : ", " + price) +
                   (facts.value("definition_changed", false) ? ", its definition changed" : ""));
  line("arguments", text_of(facts["arguments"]));
  if (facts.contains("edited_arguments")) line("edited to", text_of(facts["edited_arguments"]));
  for (const Json& rule : facts["rules"]) {
    line("rule", rule.value("rule", "") + " (" + rule.value("place", "") + ")");
    line("budget", rule.value("why", ""));
  }
  line("allowed by", facts.value("allowed_by", ""));
  line("asked", facts.value("asked", "") + " by call " + facts.value("request", ""));
  for (const Json& vote : facts["votes"]) {
    const std::string message = vote.value("message", "");
    line(vote.value("approves", false) ? "approved" : "denied",
         vote.value("time", "") + " by " + vote.value("person", "") +
             (message.empty() ? "" : ": " + message));
  }
  if (facts.contains("remembered")) {
    line("remembered", "until " + facts["remembered"].value("until", "") + " for arguments " +
                           text_of(facts["remembered"]["arguments"]));
  }
}

Exit exit_of(const base::Error& error) {
  switch (error.code) {
    case base::Code::unavailable:
      return Exit::unreachable;
    case base::Code::invalid:
      return Exit::usage;
    case base::Code::refused:
    case base::Code::unauthorized:
      return Exit::refused;
    default:
      return Exit::failed;
  }
}

Exit print_answer(const Invocation& invocation, const base::Result<Json>& answer) {
  if (!answer) {
    std::cerr << answer.error().message << "\n";
    return exit_of(answer.error());
  }
  if (invocation.json) {
    std::cout << base::dump_json(*answer) << "\n";
  } else {
    print_approval(*answer);
  }
  return Exit::done;
}

Exit show(const Invocation& invocation, const std::string& id) {
  return print_answer(invocation,
                      ask_gateway(chosen_gateway(invocation), "/v1/approvals/" + id));
}

base::Result<Json> body_of(const Word& word) {
  Json body{{"decision", word.decision}, {"message", word.message}};
  const auto add = [](Json& to, const char* name, const std::string& text) -> base::Status {
    auto parsed = base::parse_json(text);
    if (!parsed) return parsed.error();
    if (parsed->inexact) {
      return base::Error{base::Code::invalid, *parsed->inexact + ": too many digits", {}};
    }
    to[name] = std::move(parsed->value);
    return {};
  };
  if (!word.arguments.empty()) {
    if (auto added = add(body, "arguments", word.arguments); !added) return added.error();
  }
  if (word.remember.empty()) {
    if (word.matching.empty()) return body;
    return base::Error{base::Code::invalid, "--matching goes with --remember", {}};
  }
  Json remember{
      {"for_ms", base::YamlNode::parse("'" + word.remember + "'", "--remember").milliseconds()}};
  if (!word.matching.empty()) {
    if (auto added = add(remember, "arguments", word.matching); !added) return added.error();
  }
  body["remember"] = std::move(remember);
  return body;
}

Exit forget(const Invocation& invocation, const std::string& id) {
  const auto forgotten = ask_gateway(chosen_gateway(invocation),
                                     "/v1/approvals/" + id + "/forget", Json::object());
  if (forgotten && !invocation.json) {
    std::cout << "Calls like that of " << id << " are asked about again.\n";
    return Exit::done;
  }
  return print_answer(invocation, forgotten);
}

Exit decide(const Invocation& invocation, const Word& word) {
  const GatewayAddress gateway = chosen_gateway(invocation);
  const auto body = body_of(word);
  if (!body) {
    std::cerr << body.error().message << "\n";
    return Exit::usage;
  }
  const auto answer = ask_gateway(gateway, "/v1/approvals/" + word.id + "/decision", *body);
  const Exit printed = print_answer(invocation, answer);
  const bool waits = answer && answer->value("state", "") == "pending";  // for more people
  return waits ? Exit::waiting : printed;
}

CLI::App* add_word(CLI::App& approvals, Invocation& invocation, const std::shared_ptr<Word>& word,
                   const char* name, const char* description) {
  CLI::App* command = approvals.add_subcommand(name, description);
  word->decision = std::string(name) == "reject" ? "reject" : "approve";
  command->add_option("ID", word->id, "apr_…")->required();
  command->callback([&invocation, word] {
    invocation.run = [&invocation, word] { return decide(invocation, *word); };
  });
  return command;
}

void add_message(CLI::App& command, const std::shared_ptr<Word>& word) {
  command.add_option("-m,--message", word->message, "What the agent is told, and the record keeps");
}

}  // namespace

void add_approvals(CLI::App& app, Invocation& invocation) {
  CLI::App* approvals = app.add_subcommand("approvals", "Calls that wait for people");
  approvals->require_subcommand(1);

  CLI::App* list = approvals->add_subcommand("list", "What waits, and what was decided lately");
  auto remembered = std::make_shared<bool>(false);
  list->add_flag("--remembered", *remembered, "Decisions that speak for like calls until their time");
  list->footer("Example: sluice approvals list --remembered");
  list->callback([&invocation, remembered] {
    invocation.run = [&invocation, remembered] {
      return *remembered ? print_list(invocation, "/v1/approvals?remembered=true", "approvals",
                                      remembered_line)
                         : print_list(invocation, "/v1/approvals", "approvals", approval_line);
    };
  });

  CLI::App* show_command =
      approvals->add_subcommand("show", "The exact call, which rules ask, and who said what");
  auto id = std::make_shared<std::string>();
  show_command->add_option("ID", *id, "apr_…")->required();
  show_command->footer("Example: sluice approvals show apr_7K2M0QXR");
  show_command->callback([&invocation, id] {
    invocation.run = [&invocation, id] { return show(invocation, *id); };
  });

  auto yes = std::make_shared<Word>();
  CLI::App* approve = add_word(*approvals, invocation, yes, "approve", "Let the call be made, once");
  approve->add_option("--remember", yes->remember,
                      "For this long, do not ask about this call again, e.g. 8h");
  approve->add_option("--matching", yes->matching,
                      "With --remember: nor about calls with arguments that satisfy this JSON Schema");
  add_message(*approve, yes);
  approve->footer("Example: sluice approvals approve apr_7K2M0QXR --remember 8h");

  auto other = std::make_shared<Word>();
  CLI::App* edit = add_word(*approvals, invocation, other, "edit",
                            "Let the call be made, once, with other arguments");
  edit->add_option("ARGUMENTS", other->arguments, "A JSON object")->required();
  add_message(*edit, other);
  edit->footer("Example: sluice approvals edit apr_7K2M0QXR '{\"path\": \"/tmp/x\"}'");

  auto no = std::make_shared<Word>();
  CLI::App* reject =
      add_word(*approvals, invocation, no, "reject", "Deny the call until the approval expires");
  add_message(*reject, no);
  reject->footer("Example: sluice approvals reject apr_7K2M0QXR -m 'not on a Friday'");

  CLI::App* forget_command = approvals->add_subcommand(
      "forget", "End what was remembered with --remember: like calls are asked about again");
  auto forgotten = std::make_shared<std::string>();
  forget_command->add_option("ID", *forgotten, "apr_…")->required();
  forget_command->footer("Example: sluice approvals forget apr_7K2M0QXR");
  forget_command->callback([&invocation, forgotten] {
    invocation.run = [&invocation, forgotten] { return forget(invocation, *forgotten); };
  });
}

}  // namespace gateway::commands
