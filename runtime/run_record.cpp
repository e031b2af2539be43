#include "runtime/run_record.h"

#include <utility>

#include "base/crypto.h"
#include "base/json_text.h"

namespace runtime {
namespace {

constexpr const char* prefix = "run_";
constexpr std::size_t id_length = 12;

/// What was sealed was written here, within whatever the configuration allowed then: nothing of it
/// may be refused now. It is as deep as a document may be, and what stands around it here.
const base::JsonLimits written_here = {512 + 16, base::longest_journal_body,
                                       base::longest_journal_body, base::longest_journal_body,
                                       base::longest_journal_body};

std::string about(const std::string& run, std::string_view event) {
  return run + "/" + std::string(event);
}

base::Error damaged(const base::JournalRecord& record, const std::string& why) {
  return {base::Code::broken, "The journal of the run is damaged.",
          "record " + std::to_string(record.seq) + ": " + why};
}

std::int64_t since_epoch(Time time) { return time.time_since_epoch().count(); }

}  // namespace

std::string new_run_id() {
  return prefix + base::random_text("0123456789abcdefghijklmnopqrstuv", id_length);
}

base::JournalEntry RunRecords::entry(const std::string& run, const Event& event) const {
  const std::string_view name = name_of(event.what);
  std::string body;
  base::JsonObjectText facts(body);
  facts.add("event", name)
      .add("time", since_epoch(event.time))
      .add("sealed", sealer_.seal(base::dump_json(to_json(event.what)), about(run, name)))
      .end();
  return {event_stream, run, std::move(body), base::JournalEntry::Item::none};
}

std::optional<base::JournalEntry> RunRecords::edge(const std::string& run,
                                                   const Event& event) const {
  std::string body;
  if (const auto* started = std::get_if<Started>(&event.what)) {
    base::JsonObjectText(body)
        .add("time", since_epoch(event.time))
        .add("agent", started->agent)
        .add("tenant", started->tenant)
        .add("owner", started->owner)
        .add("by", started->by)
        .end();
    return base::JournalEntry{run_stream, run, std::move(body), base::JournalEntry::Item::opens};
  }
  if (const auto* ended = std::get_if<Ended>(&event.what)) {
    base::JsonObjectText(body)
        .add("time", since_epoch(event.time))
        .add("status", to_string(ended->status))
        .add("reason", ended->reason)
        .end();
    return base::JournalEntry{run_stream, run, std::move(body), base::JournalEntry::Item::closes};
  }
  return std::nullopt;
}

std::vector<base::JournalEntry> RunRecords::entries(const std::string& run,
                                                    const Event& event) const {
  std::vector<base::JournalEntry> entries;
  entries.push_back(entry(run, event));
  if (auto edge = this->edge(run, event)) entries.push_back(*std::move(edge));
  return entries;
}

base::Result<Event> RunRecords::read(const base::JournalRecord& record) const {
  const auto body =
      base::parse_json(record.body, {64, 100'000, base::longest_journal_body, 256, 64});
  if (!body) return damaged(record, "it is no JSON");
  const std::string* name = base::find_string(body->value, "event");
  const std::string* sealed = base::find_string(body->value, "sealed");
  const base::Json* time = base::find_member(body->value, "time");
  if (name == nullptr || sealed == nullptr || time == nullptr || !time->is_number_integer()) {
    return damaged(record, "a member is missing");
  }
  const auto plain = sealer_.open(*sealed, about(record.key, *name));
  if (!plain) return plain.error();
  const auto facts = base::parse_json(*plain, written_here);
  if (!facts) return damaged(record, "what was sealed is no JSON");
  auto what = parse_event(*name, facts->value);
  if (!what) return what.error();
  return Event{Time(std::chrono::milliseconds(time->get<std::int64_t>())), *std::move(what)};
}

base::Status add_facts(RunFacts& facts, const base::JournalRecord& record) {
  const auto body = base::parse_json(record.body);
  if (!body) return damaged(record, "it is no JSON");
  const base::Json* time = base::find_member(body->value, "time");
  if (time == nullptr || !time->is_number_integer()) return damaged(record, "it has no time");
  const Time at(std::chrono::milliseconds(time->get<std::int64_t>()));
  const auto text = [&](const char* key) {
    const std::string* value = base::find_string(body->value, key);
    return value ? *value : std::string();
  };
  facts.id = record.key;
  if (body->value.contains("agent")) {
    facts.agent = text("agent");
    facts.tenant = text("tenant");
    facts.owner = text("owner");
    facts.by = text("by");
    facts.started = at;
  } else {
    facts.status = text("status");
    facts.reason = text("reason");
    facts.ended = at;
  }
  return {};
}

std::string CallName::request_id() const { return "req_" + text(); }

// As the pipeline makes it of the request's.
std::string CallName::intent_id() const { return "int_" + text(); }

std::string CallName::text() const {
  return run.substr(std::string_view(prefix).size()) + "." + std::to_string(turn) + "." +
         std::to_string(index) + "." + std::to_string(attempt);
}

}  // namespace runtime
