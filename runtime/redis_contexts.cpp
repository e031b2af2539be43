#include "runtime/redis_contexts.h"

#include <utility>

namespace runtime {
namespace {

using base::RedisArguments;
using base::RedisReply;

constexpr std::string_view find_script = R"(local lines = redis.call('GET', KEYS[1])
if lines then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return lines
)";

// Appending leaves the time of the key as it is.
constexpr std::string_view add_script = R"(if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if redis.call('APPEND', KEYS[1], ARGV[2]) > tonumber(ARGV[3]) then
  redis.call('DEL', KEYS[1])
else
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return 1
)";

std::string key_of(const std::string& run) { return "sluice:context:" + run; }

// The whole script each time: one that Redis had to be told first would come after what was sent
// behind it.
RedisArguments run_on_key(std::string_view script, const std::string& run,
                          std::chrono::milliseconds ttl) {
  RedisArguments command;
  command.add("EVAL")
      .add(script)
      .add(std::int64_t{1})
      .add(key_of(run))
      .add(std::int64_t{ttl.count()});
  return command;
}

base::Error away(std::string detail) {
  return {base::Code::unavailable, "The store does not answer.", std::move(detail)};
}

// What nobody waits for: that it came is seen when the conversation is needed.
base::Task<void> send_command(base::RedisConnection& connection, RedisArguments command) {
  (void)co_await connection.command(std::move(command));
}

}  // namespace

RedisContexts::RedisContexts(base::EventLoops& loops, const base::RedisAddress& address,
                             const RunRecords& records)
    : records_(records) {
  for (std::size_t at = 0; at < loops.size(); ++at) {
    connections_.push_back(std::make_unique<base::RedisConnection>(loops.at(at), address));
  }
}

base::Task<base::Result<std::optional<Conversation>>> RedisContexts::find(
    base::Loop& loop, std::string id, std::int64_t events, std::chrono::milliseconds ttl) {
  auto reply = co_await connection_of(loop).command(run_on_key(find_script, id, ttl));
  if (!reply) co_return std::move(reply).error();
  if (reply->type == RedisReply::Type::error) co_return away(reply->text);
  if (reply->type != RedisReply::Type::text) co_return std::optional<Conversation>();
  auto kept = read(id, reply->text);
  if (kept && kept->heard() != events) kept.reset();
  co_return kept;
}

void RedisContexts::put(base::Loop& loop, const std::string& id, const std::vector<Event>& events,
                        std::chrono::milliseconds ttl) {
  std::string lines;
  for (const Event& event : events) {
    if (tells(event.what)) lines += line(id, event);
    if (lines.size() > static_cast<std::size_t>(most_bytes)) return forget(loop, id);
  }
  RedisArguments command;
  command.add("SET").add(key_of(id)).add(lines).add("PX").add(std::int64_t{ttl.count()});
  tell(loop, std::move(command));
}

void RedisContexts::add(base::Loop& loop, const std::string& id, const Event& event,
                        std::chrono::milliseconds ttl) {
  if (!tells(event.what)) return;
  RedisArguments command = run_on_key(add_script, id, ttl);
  command.add(line(id, event)).add(most_bytes);
  tell(loop, std::move(command));
}

void RedisContexts::forget(base::Loop& loop, const std::string& id) {
  tell(loop, {"DEL", key_of(id)});
}

base::Task<base::Status> RedisContexts::reach(base::Loop& loop) {
  RedisArguments ping;
  ping.add("PING");
  const auto reply = co_await connection_of(loop).command(std::move(ping));
  if (!reply) co_return reply.error();
  if (reply->type == RedisReply::Type::error) co_return away(reply->text);
  co_return base::Status();
}

std::string RedisContexts::line(const std::string& id, const Event& event) const {
  return records_.entry(id, event).body + "\n";
}

// Redis is outside: what cannot be read is not there.
std::optional<Conversation> RedisContexts::read(const std::string& id,
                                                std::string_view lines) const {
  if (lines.size() > static_cast<std::size_t>(most_bytes)) return std::nullopt;
  Conversation conversation;
  base::JournalRecord record;
  record.key = id;
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    record.body = lines.substr(0, end);
    lines.remove_prefix(end + 1);
    const auto event = records_.read(record);
    if (!event) return std::nullopt;
    conversation.apply(*event);
  }
  return conversation;
}

void RedisContexts::tell(base::Loop& loop, RedisArguments command) {
  loop.spawn(send_command(connection_of(loop), std::move(command)));
}

}  // namespace runtime
