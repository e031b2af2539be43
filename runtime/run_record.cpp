#include "runtime/run_record.h"

#include <charconv>
#include <utility>

#include "base/crypto.h"
#include "base/json_text.h"

namespace runtime {
namespace {

constexpr const char* prefix = "run_";
constexpr std::size_t id_length = 12;

std::string about(const std::string& run, std::string_view event) {
  return run + "/" + std::string(event);
}

base::Error damaged(const base::JournalRecord& record, const std::string& why) {
  return {base::Code::broken, "The journal of the run is damaged.",
          "record " + std::to_string(record.seq) + ": " + why};
}

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = !text.empty() && error == std::errc{} && end == text.data() + text.size();
  return whole && number >= 0 ? std::optional(number) : std::nullopt;
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

std::vector<base::JournalEntry> RunRecords::entries(const std::string& run,
                                                    const Event& event) const {
  std::vector<base::JournalEntry> entries;
  entries.push_back(entry(run, event));
  std::string body;
  base::JsonObjectText facts(body);
  facts.add("time", since_epoch(event.time));
  if (const auto* started = std::get_if<Started>(&event.what)) {
    facts.add("agent", started->agent)
        .add("tenant", started->tenant)
        .add("owner", started->owner)
        .add("by", started->by)
        .end();
    entries.push_back({run_stream, run, std::move(body), base::JournalEntry::Item::opens});
  } else if (const auto* ended = std::get_if<Ended>(&event.what)) {
    facts.add("status", to_string(ended->status)).add("reason", ended->reason).end();
    entries.push_back({run_stream, run, std::move(body), base::JournalEntry::Item::closes});
  }
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
  const auto facts =
      base::parse_json(*plain, {128, 1'000'000, base::longest_journal_body, 4096, 512});
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

std::string CallName::request_id() const {
  return "req_" + run.substr(std::string_view(prefix).size()) + "." + std::to_string(turn) + "." +
         std::to_string(index) + "." + std::to_string(attempt);
}

std::optional<CallName> CallName::parse(std::string_view id) {
  const std::size_t bar = id.find('_');
  if (bar == std::string_view::npos) return std::nullopt;
  id.remove_prefix(bar + 1);
  std::vector<std::string_view> parts;
  for (std::size_t dot = id.find('.'); dot != std::string_view::npos; dot = id.find('.')) {
    parts.push_back(id.substr(0, dot));
    id.remove_prefix(dot + 1);
  }
  parts.push_back(id);
  if (parts.size() != 4) return std::nullopt;
  const auto turn = number_of(parts[1]), index = number_of(parts[2]), attempt = number_of(parts[3]);
  if (!turn || !index || !attempt) return std::nullopt;
  return CallName{prefix + std::string(parts[0]), *turn, *index, *attempt};
}

}  // namespace runtime
