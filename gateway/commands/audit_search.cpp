#include "gateway/commands/audit_search.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <iostream>
#include <memory>

#include "base/crypto.h"
#include "base/journal_reader.h"
#include "base/json.h"
#include "base/json_text.h"
#include "base/time_text.h"
#include "base/yaml.h"
#include "gateway/commands/load.h"
#include "policies/glob.h"

namespace gateway::commands {
namespace {

using base::Json;
using base::JournalRecord;

constexpr std::size_t batch = 1'000;

struct Filter {
  std::string agent, tenant, tool, outcome, since;
  std::size_t count = 100;
};

// Calls `use` with every record of the stream, oldest first, until it returns false.
template <class Use>
base::Status each(base::JournalReader& reader, std::string_view stream, Use use) {
  for (std::int64_t last = 0;;) {
    const auto records = reader.after(last, stream, batch);
    if (!records) return records.error();
    if (records->empty()) return {};
    for (const JournalRecord& record : *records) {
      if (!use(record)) return {};
    }
    last = records->back().seq;
  }
}

bool matches(const Filter& filter, const policies::Glob& tool, const Json& body) {
  const auto is = [&](const std::string& wanted, const char* key) {
    return wanted.empty() || body.value(key, "") == wanted;
  };
  const Json* outcome = base::find_member(body, "outcome");
  if (!is(filter.agent, "agent") || !is(filter.tenant, "tenant")) return false;
  constexpr std::array names = {"tool", "resource", "prompt", "asked_as"};
  const auto is_named = [&](const char* key) { return tool.matches(body.value(key, "")); };
  if (!filter.tool.empty() && std::none_of(names.begin(), names.end(), is_named)) return false;
  if (filter.outcome.empty() || outcome == nullptr) return filter.outcome.empty();
  return outcome->value("kind", "") == filter.outcome ||
         outcome->value("reason", "") == filter.outcome;
}

Exit search(const Invocation& invocation, const Filter& filter) {
  auto reader = base::JournalReader::open(load_chosen_config(invocation).journal);
  if (!reader) return fail(reader.error());
  std::int64_t from = 0;
  if (!filter.since.empty()) {
    const auto ago = std::chrono::milliseconds(
        base::YamlNode::parse("'" + filter.since + "'", "--since").milliseconds());
    from = std::chrono::duration_cast<std::chrono::microseconds>(
               (std::chrono::system_clock::now() - ago).time_since_epoch())
               .count();
  }
  const policies::Glob tool(filter.tool);
  std::size_t found = 0;
  const base::Status done = each(*reader, "audit", [&](const JournalRecord& record) {
    if (record.time < from) return true;
    const auto body = base::parse_json(record.body);
    if (!body || !matches(filter, tool, body->value)) return true;
    print_audit(invocation, record.body);
    return ++found < filter.count;
  });
  if (!done) return fail(done.error());
  return Exit::done;
}

// What an auditor can check by themselves: hash and chain of every record beside what it says.
Exit export_journal(const Invocation& invocation, const std::string& stream) {
  auto reader = base::JournalReader::open(load_chosen_config(invocation).journal);
  if (!reader) return fail(reader.error());
  const base::Status done = each(*reader, stream, [](const JournalRecord& record) {
    std::string line;
    base::JsonObjectText text(line);
    const auto time =
        std::chrono::system_clock::time_point(std::chrono::microseconds(record.time));
    text.add("seq", record.seq).add("time", base::rfc3339(time, 6)).add("stream", record.stream);
    text.add("key", record.key).add("hash", base::hex_encode(record.hash));
    text.add_text("body", record.body).end();
    std::cout << line << "\n";
    return static_cast<bool>(std::cout);
  });
  if (!done) return fail(done.error());
  return Exit::done;
}

std::string text_of(const Json& body, const char* key) {
  const std::string* text = base::find_string(body, key);
  return text ? *text : "-";
}

}  // namespace

void print_audit(const Invocation& invocation, const std::string& record) {
  if (invocation.json) {
    std::cout << record << "\n";
    return;
  }
  const auto parsed = base::parse_json(record);
  if (!parsed) return;
  const Json& body = parsed->value;
  const Json* outcome = base::find_member(body, "outcome");
  const Json none = Json::object();
  const std::string reason = text_of(outcome ? *outcome : none, "reason");
  std::cout << text_of(body, "time") << "  " << text_of(body, "agent") << "  "
            << text_of(body, "asked_as") << "  " << text_of(outcome ? *outcome : none, "kind")
            << (reason == "-" ? "" : " " + reason) << "  " << text_of(body, "decision") << "  "
            << text_of(body, "request") << "\n";
}

void add_audit_search(CLI::App& audit, Invocation& invocation) {
  CLI::App* search_command = audit.add_subcommand("search", "Find calls, oldest first");
  auto filter = std::make_shared<Filter>();
  search_command->add_option("--agent", filter->agent, "Of this agent");
  search_command->add_option("--tenant", filter->tenant, "Of this tenant's agents");
  search_command->add_option("--tool", filter->tool, "Of tools, resources and prompts that match this pattern: files/*");
  search_command->add_option("--outcome", filter->outcome,
                             "answered, refused, failed, unknown, or a reason: unknown_tool");
  search_command->add_option("--since", filter->since, "Not older than this: 2h, 7d");
  search_command->add_option("-n", filter->count, "How many at most")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  search_command->footer("Example: sluice audit search --agent demo --outcome refused --since 24h");
  search_command->callback([&invocation, filter] {
    invocation.run = [&invocation, filter] { return search(invocation, *filter); };
  });

  CLI::App* export_command = audit.add_subcommand(
      "export", "Print every record of the journal with its hash, one JSON object a line");
  auto stream = std::make_shared<std::string>();
  export_command->add_option("--stream", *stream, "Of this stream alone: audit, intent, approval");
  export_command->footer("Example: sluice audit export > journal.jsonl");
  export_command->callback([&invocation, stream] {
    invocation.run = [&invocation, stream] { return export_journal(invocation, *stream); };
  });
}

}  // namespace gateway::commands
