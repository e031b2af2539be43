#include "gateway/redis_key_table.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>

#include "base/json.h"

namespace gateway {
namespace {

using base::Json;
using base::RedisArguments;
using base::RedisReply;
using base::Result;
using base::Status;

constexpr std::string_view table = "sluice:keys";

// A store that lost its data must not come to a version again that somebody has seen before.
const std::string changed = R"(local function changed()
  local time = redis.call('TIME')
  local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
  local last = tonumber(redis.call('HGET', KEYS[1], 'version') or '0')
  redis.call('HSET', KEYS[1], 'version', string.format('%.0f', math.max(last + 1, now)))
  return 1
end
)";

// ARGV: id, what is fixed, expiry.
const base::RedisScript insert_script(
    changed + R"(redis.call('HSET', KEYS[1], ARGV[1] .. ':k', ARGV[2], ARGV[1] .. ':e', ARGV[3])
return changed()
)");

// ARGV: id, time.
const base::RedisScript revoke_script(
    changed + R"(if redis.call('HEXISTS', KEYS[1], ARGV[1] .. ':k') == 0 then return 0 end
redis.call('HSETNX', KEYS[1], ARGV[1] .. ':r', ARGV[2])
return changed()
)");

// ARGV: old id, its new expiry, id, what is fixed, expiry.
const base::RedisScript replace_script(changed +
                                       R"(local old = redis.call('HGET', KEYS[1], ARGV[1] .. ':e')
if not old then return 0 end
if tonumber(ARGV[2]) < tonumber(old) then redis.call('HSET', KEYS[1], ARGV[1] .. ':e', ARGV[2]) end
redis.call('HSET', KEYS[1], ARGV[3] .. ':k', ARGV[4], ARGV[3] .. ':e', ARGV[5])
return changed()
)");

RedisArguments on_table() {
  RedisArguments arguments;
  arguments.add(std::int64_t{1}).add(table);
  return arguments;
}

void add_key(const StoredKey& key, RedisArguments& arguments) {
  arguments.add(key.record.id);
  Json fixed{{"agent", key.record.agent}, {"created", key.record.created}, {"hash", key.hash}};
  if (!key.record.person.empty()) fixed["person"] = key.record.person;
  arguments.add(base::dump_json(fixed));
  arguments.add(key.record.expires);
}

std::int64_t number_of(const RedisReply& reply) {
  return std::strtoll(reply.text.c_str(), nullptr, 10);
}

bool read_fixed(const std::string& text, StoredKey& key) {
  const auto facts = base::parse_json(text);
  if (!facts) return false;
  const std::string* agent = base::find_string(facts->value, "agent");
  const std::string* hash = base::find_string(facts->value, "hash");
  const Json* created = base::find_member(facts->value, "created");
  if (!agent || !hash || !created || !created->is_number_integer()) return false;
  key.record.agent = *agent;
  key.record.created = created->get<std::int64_t>();
  key.hash = *hash;
  if (const std::string* person = base::find_string(facts->value, "person")) {
    key.record.person = *person;
  }
  return true;
}

}  // namespace

Result<RedisReply> RedisKeyTable::run(const base::RedisScript& script,
                                      const RedisArguments& arguments) {
  auto reply = loop_.run(redis_.run(script, arguments));
  if (reply && reply->type == RedisReply::Type::error) {
    return base::Error{base::Code::unavailable, "The store does not answer.", reply->text};
  }
  return reply;
}

Result<RedisReply> RedisKeyTable::ask(RedisArguments command) {
  auto reply = loop_.run(redis_.command(std::move(command)));
  if (reply && reply->type == RedisReply::Type::error) {
    return base::Error{base::Code::unavailable, "The store does not answer.", reply->text};
  }
  return reply;
}

Status RedisKeyTable::insert(const StoredKey& key) {
  RedisArguments arguments = on_table();
  add_key(key, arguments);
  const auto reply = run(insert_script, arguments);
  return reply ? Status() : reply.error();
}

Result<bool> RedisKeyTable::revoke(std::string_view id, std::int64_t now) {
  RedisArguments arguments = on_table();
  const auto reply = run(revoke_script, arguments.add(id).add(now));
  if (!reply) return reply.error();
  return reply->integer == 1;
}

Result<bool> RedisKeyTable::replace(std::string_view id, std::int64_t expires,
                                    const StoredKey& fresh) {
  RedisArguments arguments = on_table();
  arguments.add(id).add(expires);
  add_key(fresh, arguments);
  const auto reply = run(replace_script, arguments);
  if (!reply) return reply.error();
  return reply->integer == 1;
}

Result<std::vector<StoredKey>> RedisKeyTable::all() {
  RedisArguments command;
  const auto fields = ask(std::move(command.add("HGETALL").add(table)));
  if (!fields) return fields.error();
  std::map<std::string, StoredKey> keys;
  for (std::size_t at = 0; at + 1 < fields->list.size(); at += 2) {
    const std::string& name = fields->list[at].text;
    const RedisReply& value = fields->list[at + 1];
    if (name.size() < 3 || name[name.size() - 2] != ':') continue;
    StoredKey& key = keys[name.substr(0, name.size() - 2)];
    if (name.back() == 'e') key.record.expires = number_of(value);
    if (name.back() == 'r') key.record.revoked = number_of(value);
    if (name.back() == 'k' && !read_fixed(value.text, key)) {
      return base::Error{base::Code::broken, "A key in the store is not what one is.", name};
    }
  }
  std::vector<StoredKey> found;
  for (auto& [id, key] : keys) {
    key.record.id = id;
    if (!key.hash.empty()) found.push_back(std::move(key));
  }
  std::stable_sort(found.begin(), found.end(), [](const StoredKey& a, const StoredKey& b) {
    return a.record.created > b.record.created;
  });
  return found;
}

Result<std::int64_t> RedisKeyTable::version() {
  RedisArguments command;
  const auto reply = ask(std::move(command.add("HGET").add(table).add("version")));
  if (!reply) return reply.error();
  return number_of(*reply);
}

}  // namespace gateway
