#include "policies/ledger/redis_scripts.h"

namespace policies::ledger {
namespace {

// What all scripts begin with. `resolve` ends a hold once; a second time it finds none.
const std::string common =
    R"(local holds, leases = KEYS[1], KEYS[2]
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local function text(number) return string.format('%.0f', number) end
local function resolve(call, fate)
  local packed = redis.call('HGET', holds, call)
  redis.call('ZREM', leases, call)
  if not packed then return 0 end
  redis.call('HDEL', holds, call)
  for _, part in ipairs(cjson.decode(packed)) do
    local kind, key, start, amount = part[1], part[2], part[3], part[4]
    if kind == 'c' then
      redis.call('ZREM', key, call)
    elseif redis.call('EXISTS', key) == 1 then
      if redis.call('HINCRBY', key, start .. ':h', '-' .. amount) == 0 then
        redis.call('HDEL', key, start .. ':h')
      end
      if fate ~= 'x' then redis.call('HINCRBY', key, start .. ':' .. fate, amount) end
    end
  end
  return 1
end
)";

}  // namespace

const std::string admit_script = common + R"(
local call, lease = ARGV[1], tonumber(ARGV[2])
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', text(now), 'LIMIT', 0, 16)) do
  resolve(gone, 'u')
end
if redis.call('HEXISTS', holds, call) == 1 then return {1} end
local charges = {}
for index = 1, #KEYS - 2 do
  local at = 2 + (index - 1) * 6
  local c = {key = KEYS[index + 2], kind = ARGV[at + 1], limit = tonumber(ARGV[at + 2]),
             amount = ARGV[at + 3], a = tonumber(ARGV[at + 4]), b = tonumber(ARGV[at + 5]),
             ends = ARGV[at + 6]}
  charges[index] = c
  if c.kind == 'r' then
    c.arrival = math.max(tonumber(redis.call('GET', c.key) or '0'), now)
    local wait = c.arrival - now - c.b
    if wait > 0 then return {0, index, ARGV[at + 2], text(wait)} end
  elseif c.kind == 'c' then
    redis.call('ZREMRANGEBYSCORE', c.key, '-inf', text(now))
    local used = redis.call('ZCARD', c.key)
    if used + tonumber(c.amount) > c.limit then return {0, index, text(used), '0'} end
  else
    local newest, used, stale = c.a, 0, {}
    local fields = redis.call('HGETALL', c.key)
    for field = 1, #fields, 2 do
      if fields[field] == 'w' then newest = math.max(newest, tonumber(fields[field + 1])) end
    end
    local oldest = c.b + (newest - c.a)
    for field = 1, #fields, 2 do
      local start = tonumber(string.match(fields[field], '^(%d+):'))
      if start and start >= oldest then
        used = used + tonumber(fields[field + 1])
      elseif start and string.sub(fields[field], -1) ~= 'h' then
        stale[#stale + 1] = fields[field]
      end
    end
    if used + tonumber(c.amount) > c.limit then return {0, index, text(used), '0'} end
    c.start, c.stale = text(newest), stale
  end
end
local parts = {}
for _, c in ipairs(charges) do
  if c.kind == 'r' then
    local arrival = c.arrival + c.a
    redis.call('SET', c.key, text(arrival), 'PX', text(math.ceil((arrival - now) / 1000) + 1))
  elseif c.kind == 'c' then
    redis.call('ZADD', c.key, text(now + lease), call)
    redis.call('PEXPIRE', c.key, text(math.ceil(lease / 1000) * 2))
    parts[#parts + 1] = {'c', c.key}
  else
    if #c.stale > 0 then redis.call('HDEL', c.key, unpack(c.stale)) end
    redis.call('HINCRBY', c.key, c.start .. ':h', c.amount)
    redis.call('HSET', c.key, 'w', c.start)
    redis.call('EXPIREAT', c.key, c.ends)
    parts[#parts + 1] = {'b', c.key, c.start, c.amount}
  end
end
if #parts > 0 then
  redis.call('HSET', holds, call, cjson.encode(parts))
  redis.call('ZADD', leases, text(now + lease), call)
end
return {1}
)";

const std::string resolve_script = common + R"(
return resolve(ARGV[2], ARGV[1])
)";

const std::string renew_script = common + R"(
local lease = tonumber(ARGV[1])
for index = 2, #ARGV do
  local call = ARGV[index]
  local packed = redis.call('HGET', holds, call)
  if packed then
    redis.call('ZADD', leases, text(now + lease), call)
    for _, part in ipairs(cjson.decode(packed)) do
      if part[1] == 'c' then
        redis.call('ZADD', part[2], text(now + lease), call)
        redis.call('PEXPIRE', part[2], text(math.ceil(lease / 1000) * 2))
      end
    end
  end
end
return #ARGV - 1
)";

}  // namespace policies::ledger
