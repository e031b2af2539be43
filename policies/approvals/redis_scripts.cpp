#include "policies/approvals/redis_scripts.h"

namespace policies::approvals {

const base::RedisScript load_script(R"(local time = redis.call('TIME')
return {time[1], time[2], redis.call('LRANGE', KEYS[1] .. ':' .. ARGV[1], 0, -1)}
)");

const base::RedisScript look_script(
    R"(return {redis.call('GET', KEYS[1] .. ':print:' .. ARGV[1]) or '',
        redis.call('SMEMBERS', KEYS[1] .. ':family:' .. ARGV[2])}
)");

const base::RedisScript append_script(
    R"(local tag, id, version = KEYS[1], ARGV[1], tonumber(ARGV[2])
local events, by_print = tag .. ':' .. id, tag .. ':print:' .. ARGV[7]
local waiting, family = tag .. ':agent:' .. ARGV[8], tag .. ':family:' .. ARGV[9]
local function is(place) return string.find(ARGV[6], place, 1, true) ~= nil end
local function member(set, belongs)
  redis.call(belongs and 'SADD' or 'SREM', set, id)
end
if redis.call('LLEN', events) ~= version then return {-2, ''} end
local found = redis.call('GET', by_print)
if version == 0 then
  if found then return {0, found} end
  if redis.call('SCARD', waiting) >= tonumber(ARGV[10]) or
     redis.call('ZCARD', tag) >= tonumber(ARGV[11]) then return {-1, ''} end
end
if is('x') then
  redis.call('DEL', events)
else
  redis.call('RPUSH', events, ARGV[3])
  if ARGV[5] == '' then
    redis.call('PERSIST', events)
  else
    redis.call('PEXPIRE', events, ARGV[5])
  end
end
if is('p') then
  redis.call('SET', by_print, id, 'NX')
elseif found == id then
  redis.call('DEL', by_print)
end
if is('s') then redis.call('ZADD', tag, ARGV[4], id) else redis.call('ZREM', tag, id) end
member(waiting, is('w'))
member(family, is('f'))
redis.call('XADD', tag .. ':changes', 'MAXLEN', '~', '10000', '*', 'id', id)
redis.call('PEXPIRE', tag .. ':changes', '86400000')
return {1, id}
)");

const base::RedisScript due_script(R"(local time = redis.call('TIME')
local now = string.format('%.0f', tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000))
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 100)
)");

}  // namespace policies::approvals
