#include <charconv>
#include <utility>

#include "runtime/event.h"

namespace runtime {
namespace {

using base::Json;

Json write(const Usage& usage) {
  return {{"input", usage.input},
          {"cache_read", usage.cache_read},
          {"cache_write", usage.cache_write},
          {"output", usage.output},
          {"reported", usage.reported}};
}

Json write(const std::vector<ToolRequest>& calls) {
  Json list = Json::array();
  for (const ToolRequest& call : calls) {
    Json one{{"id", call.id}, {"tool", call.tool}, {"arguments", call.arguments}};
    if (!call.unreadable.empty()) one["unreadable"] = call.unreadable;
    list.push_back(std::move(one));
  }
  return list;
}

constexpr std::string_view finishes[] = {"complete", "cut_off", "refused"};
constexpr std::string_view failures[] = {"model", "money", "budget", "context", "broke_off"};

/// Writes one kind of event after the other.
struct Writer {
  Json operator()(const Started& e) const {
    return {{"agent", e.agent},
            {"tenant", e.tenant},
            {"owner", e.owner},
            {"by", e.by},
            {"goal", e.goal},
            {"instructions", e.instructions},
            {"model", e.model},
            {"stop",
             {{"steps", e.stop.steps},
              {"money", e.stop.money},
              {"active_ms", e.stop.active_time.count()},
              {"deadline_ms", e.stop.deadline.count()}}},
            {"context",
             {{"ttl_ms", e.context.ttl.count()},
              {"window", e.context.window},
              {"on_expiry", to_string(e.context.on_expiry)}}}};
  }
  Json operator()(const Asked& e) const {
    Json facts{{"turn", e.turn},
               {"attempt", e.attempt},
               {"dropped", e.dropped},
               {"bytes", e.bytes},
               {"reserved", e.reserved}};
    if (e.context != Asked::Context::kept) facts["context"] = to_string(e.context);
    return facts;
  }
  Json operator()(const Answered& e) const {
    Json facts{{"turn", e.turn},
               {"attempt", e.attempt},
               {"text", e.text},
               {"calls", write(e.calls)},
               {"usage", write(e.usage)},
               {"cost", e.cost},
               {"finish", finishes[static_cast<std::size_t>(e.finish)]}};
    if (!e.native.is_null()) facts["native"] = e.native;
    if (e.summary) facts["summary"] = true;
    return facts;
  }
  Json operator()(const AskFailed& e) const {
    return {{"turn", e.turn},
            {"attempt", e.attempt},
            {"kind", failures[static_cast<std::size_t>(e.kind)]},
            {"text", e.text},
            {"cost", e.cost}};
  }
  Json operator()(const Called& e) const {
    Json facts{{"turn", e.turn},
               {"index", e.index},
               {"attempt", e.attempt},
               {"kind", to_string(e.kind)},
               {"reason", e.reason},
               {"result", e.result},
               {"effect", policies::to_string(e.effect)},
               {"request", e.request},
               {"cost", e.cost}};
    if (!e.approval.empty()) facts["approval"] = e.approval;
    if (!e.key.empty()) facts["key"] = e.key;
    if (!e.doubt.empty()) facts["doubt"] = e.doubt;
    return facts;
  }
  Json operator()(const Recovered&) const { return Json::object(); }
  Json operator()(const Paused& e) const { return {{"by", e.by}}; }
  Json operator()(const Resumed& e) const { return {{"by", e.by}}; }
  Json operator()(const Cancelled& e) const { return {{"by", e.by}}; }
  Json operator()(const Resolved& e) const {
    return {{"turn", e.turn},
            {"index", e.index},
            {"how", to_string(e.how)},
            {"text", e.text},
            {"by", e.by}};
  }
  Json operator()(const Decided& e) const { return {{"approval", e.approval}}; }
  Json operator()(const Ticked&) const { return Json::object(); }
  Json operator()(const Ended& e) const {
    return {{"status", to_string(e.status)}, {"reason", e.reason}, {"text", e.text}};
  }
  Json operator()(const StoreLost&) const { return Json::object(); }
  Json operator()(const StoreBack&) const { return Json::object(); }
};

/// Reads members; notes what is missing or of another type.
class Reader {
 public:
  explicit Reader(const Json& facts) : facts_(facts) {}

  bool fits() const { return fits_; }

  std::string text(std::string_view key) {
    const std::string* value = base::find_string(facts_, key);
    if (value == nullptr) fits_ = false;
    return value ? *value : std::string();
  }
  std::string text_or_none(std::string_view key) const {
    const std::string* value = base::find_string(facts_, key);
    return value ? *value : std::string();
  }
  std::int64_t number(std::string_view key) {
    const Json* value = base::find_member(facts_, key);
    if (value != nullptr && value->is_number_integer()) return value->get<std::int64_t>();
    fits_ = false;
    return 0;
  }
  bool flag(std::string_view key) const {
    const Json* value = base::find_member(facts_, key);
    return value != nullptr && *value == true;
  }
  Json value(std::string_view key) const {
    const Json* value = base::find_member(facts_, key);
    return value ? *value : Json();
  }
  bool has(std::string_view key) const { return base::find_member(facts_, key) != nullptr; }
  template <class Enum, class Names>
  Enum word(std::string_view key, std::size_t count, const Names& name) {
    const std::string written = text(key);
    for (std::size_t i = 0; i < count; ++i) {
      if (name(static_cast<Enum>(i)) == written) return static_cast<Enum>(i);
    }
    fits_ = false;
    return Enum{};
  }

 private:
  const Json& facts_;
  bool fits_ = true;
};

std::chrono::milliseconds milliseconds(Reader& reader, std::string_view key) {
  return std::chrono::milliseconds(reader.number(key));
}

// Older journals do not say: then it was rebuilt.
ContextSettings::OnExpiry on_expiry(Reader& reader) {
  using OnExpiry = ContextSettings::OnExpiry;
  constexpr std::size_t ways = 3;
  if (!reader.has("on_expiry")) return OnExpiry::rebuild;
  return reader.word<OnExpiry>("on_expiry", ways, [](auto way) { return to_string(way); });
}

Asked::Context context_of(Reader& reader) {
  constexpr std::size_t kinds = 4;
  if (!reader.has("context")) return Asked::Context::kept;
  return reader.word<Asked::Context>("context", kinds, [](auto kind) { return to_string(kind); });
}

bool read(const Json& facts, Started& e) {
  Reader reader(facts);
  e.agent = reader.text("agent");
  e.tenant = reader.text("tenant");
  e.owner = reader.text("owner");
  e.by = reader.text("by");
  e.goal = reader.text("goal");
  e.instructions = reader.text("instructions");
  e.model = reader.text("model");
  const Json stop_facts = reader.value("stop");
  const Json context_facts = reader.value("context");
  Reader stop(stop_facts);
  Reader context(context_facts);
  e.stop = {stop.number("steps"), stop.number("money"), milliseconds(stop, "active_ms"),
            milliseconds(stop, "deadline_ms")};
  e.context = {milliseconds(context, "ttl_ms"), context.number("window"), on_expiry(context)};
  return reader.fits() && stop.fits() && context.fits();
}

bool read(const Json& facts, Asked& e) {
  Reader reader(facts);
  e = {reader.number("turn"), reader.number("attempt"), reader.number("dropped"),
       context_of(reader),    reader.number("bytes"),   reader.number("reserved")};
  return reader.fits();
}

bool read(const Json& facts, Answered& e) {
  Reader reader(facts);
  e.turn = reader.number("turn");
  e.attempt = reader.number("attempt");
  e.text = reader.text("text");
  for (const Json& item : reader.value("calls")) {
    Reader call(item);
    e.calls.push_back({call.text("id"), call.text("tool"), call.value("arguments"),
                       call.text_or_none("unreadable")});
    if (!call.fits()) return false;
  }
  const Json usage_facts = reader.value("usage");
  Reader usage(usage_facts);
  e.usage = {usage.number("input"), usage.number("cache_read"), usage.number("cache_write"),
             usage.number("output"), usage.flag("reported")};
  e.cost = reader.number("cost");
  e.finish = reader.word<Finish>("finish", std::size(finishes), [](Finish finish) {
    return finishes[static_cast<std::size_t>(finish)];
  });
  e.native = reader.value("native");
  e.summary = reader.flag("summary");
  return reader.fits() && usage.fits();
}

bool read(const Json& facts, AskFailed& e) {
  Reader reader(facts);
  e.turn = reader.number("turn");
  e.attempt = reader.number("attempt");
  e.kind = reader.word<AskFailed::Kind>("kind", std::size(failures), [](AskFailed::Kind kind) {
    return failures[static_cast<std::size_t>(kind)];
  });
  e.text = reader.text("text");
  e.cost = reader.number("cost");
  return reader.fits();
}

bool read(const Json& facts, Called& e) {
  constexpr std::size_t kinds = 6;
  Reader reader(facts);
  e.turn = reader.number("turn");
  e.index = reader.number("index");
  e.attempt = reader.number("attempt");
  e.kind = reader.word<Called::Kind>("kind", kinds, [](auto kind) { return to_string(kind); });
  e.reason = reader.text("reason");
  e.result = reader.value("result");
  const auto effect = policies::parse_effect(reader.text("effect"));
  if (effect) e.effect = *effect;
  e.request = reader.text("request");
  e.approval = reader.text_or_none("approval");
  e.key = reader.text_or_none("key");
  e.doubt = reader.text_or_none("doubt");
  e.cost = reader.number("cost");
  return reader.fits() && effect;
}

bool read(const Json& facts, Resolved& e) {
  constexpr std::size_t ways = 3;
  Reader reader(facts);
  e.turn = reader.number("turn");
  e.index = reader.number("index");
  e.how = reader.word<Resolved::How>("how", ways, [](auto how) { return to_string(how); });
  e.text = reader.text("text");
  e.by = reader.text("by");
  return reader.fits();
}

bool read(const Json& facts, Ended& e) {
  constexpr std::size_t statuses = 5;
  Reader reader(facts);
  e.status =
      reader.word<Ended::Status>("status", statuses, [](auto status) { return to_string(status); });
  e.reason = reader.text("reason");
  e.text = reader.text("text");
  return reader.fits();
}

template <class E>
requires requires(E e) { e.by; }
bool read_by(const Json& facts, E& e) {
  Reader reader(facts);
  e.by = reader.text("by");
  return reader.fits();
}
bool read(const Json& facts, Paused& e) { return read_by(facts, e); }
bool read(const Json& facts, Resumed& e) { return read_by(facts, e); }
bool read(const Json& facts, Cancelled& e) { return read_by(facts, e); }
bool read(const Json& facts, Decided& e) {
  Reader reader(facts);
  e.approval = reader.text("approval");
  return reader.fits();
}
bool read(const Json&, Recovered&) { return true; }
bool read(const Json&, Ticked&) { return true; }
bool read(const Json&, StoreLost&) { return true; }
bool read(const Json&, StoreBack&) { return true; }

// Tries the alternatives of What in turn, by name.
template <std::size_t I = 0>
base::Result<What> parse(std::string_view name, const Json& facts) {
  if constexpr (I < std::variant_size_v<What>) {
    std::variant_alternative_t<I, What> event;
    if (name_of(event) != name) return parse<I + 1>(name, facts);
    if (read(facts, event)) return What(std::move(event));
  }
  return base::Error{base::Code::broken, "The journal of the run is damaged.",
                     "an event '" + std::string(name) + "' cannot be read"};
}

}  // namespace

base::Json to_json(const What& what) { return std::visit(Writer(), what); }

base::Result<What> parse_event(std::string_view name, const base::Json& facts) {
  return parse(name, facts);
}

}  // namespace runtime
