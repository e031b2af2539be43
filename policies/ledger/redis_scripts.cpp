#include "policies/ledger/redis_scripts.h"

namespace policies::ledger {
namespace {

const std::string time_and_text =
    R"(local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local function text(number) return string.format('%.0f', number) end
)";

// `resolve` ends a hold once; a second time it finds none. A bucket that was renamed meanwhile left
// behind where it went.
const std::string resolving =
    R"(local function book(key, start, amount, fate)
  local all = start .. ':n'
  if fate ~= 'x' then
    local field = start .. ':' .. fate
    local booked = redis.call('HINCRBY', key, field, amount)
    if booked ~= tonumber(amount) or redis.call('HGET', key, 'w') == start or
       redis.call('HEXISTS', key, all) == 1 then return true end
    redis.call('HDEL', key, field)
    return false
  end
  if redis.call('HGET', key, 'w') == start then
    redis.call('HINCRBY', key, 't', '-' .. amount)
    return true
  end
  if redis.call('HINCRBY', key, all, '-' .. amount) < 0 then
    redis.call('HDEL', key, all)
    return false
  end
  if redis.call('HEXISTS', key, start .. ':e') == 1 then
    redis.call('HINCRBY', key, 't', '-' .. amount)
    redis.call('HINCRBY', key, 'o', '-' .. amount)
  end
  return true
end
local function resolve(hold, fate)
  if redis.call('ZREM', leases, hold) == 0 then return 0 end
  local held, at = cmsgpack.unpack(hold), 2
  while held[at] do
    local key = held[at + 1]
    if held[at] == 'c' then
      if redis.call('DECR', key) <= 0 then redis.call('DEL', key) end
      at = at + 2
    else
      for rename = 1, 4 do
        if not key or book(key, held[at + 2], held[at + 3], fate) then break end
        key = redis.call('GET', 'moved:' .. key)
      end
      at = at + 4
    end
  end
  return 1
end
local function end_leases(now)
  local over = redis.call('ZRANGEBYSCORE', leases, '-inf', string.format('%.0f', now), 'LIMIT', 0, 16)
  for _, gone in ipairs(over) do
    resolve(gone, 'u')
  end
end
)";

// A budget's bucket: what is used of it, when the first of that stops counting, and the booking of
// now. Mostly nothing has ended since the last time, and four fields say it all.
const std::string budgets =
    R"(local function find_renamed(c)
  for _, former in ipairs(c.former) do
    if redis.call('EXISTS', former) == 1 then
      redis.call('RENAME', former, c.key)
      redis.call('SET', 'moved:' .. former, c.key, 'EX', '7200')
      redis.call('DEL', 'moved:' .. c.key)
      return true
    end
  end
  local key = c.key  -- a gateway that has not heard of it yet
  for rename = 1, 4 do
    key = redis.call('GET', 'moved:' .. key)
    if not key then return false end
    if redis.call('EXISTS', key) == 1 then
      c.key = key
      return true
    end
  end
  return false
end
local function bookings_of(key, total, newest)
  local bookings, others = {}, 0
  local fields = redis.call('HGETALL', key)
  for at = 1, #fields, 2 do
    local start, what = string.match(fields[at], '^(%d+):(%a)$')
    if start then
      local booking = bookings[start] or {n = 0, s = 0, u = 0}
      booking[what] = tonumber(fields[at + 1])
      bookings[start] = booking
    elseif fields[at] == 'o' then
      others = tonumber(fields[at + 1])
    end
  end
  if newest and bookings[newest] then bookings[newest].n = total - others end
  return bookings
end
local function turn(c, known, wall)
  local newest = math.max(tonumber(known[1] or '0'), c.from)
  local bookings = bookings_of(c.key, tonumber(known[3] or '0'), known[1])
  local used, first, moment, started = 0, nil, math.max(wall, newest), text(newest)
  local current = bookings[started] or {n = 0, s = 0, u = 0}
  bookings[started] = current
  if not current.e then
    current.e = c.ends
    redis.call('HSET', c.key, started .. ':e', text(c.ends))
  end
  for start, booking in pairs(bookings) do
    local counts = booking.e and booking.e > moment
    if counts and known[2] and known[2] ~= c.window then
      booking.e = c.ends
      redis.call('HSET', c.key, start .. ':e', text(c.ends))
    end
    if counts then
      used = used + booking.n
      if booking.n > 0 then first = math.min(first or booking.e, booking.e) end
    else
      redis.call('HDEL', c.key, start .. ':e')
    end
    if start == started then
      redis.call('HDEL', c.key, start .. ':n')
    elseif not counts and booking.n == booking.s + booking.u then
      redis.call('HDEL', c.key, start .. ':n', start .. ':s', start .. ':u')
    else
      redis.call('HSET', c.key, start .. ':n', text(booking.n))
    end
  end
  c.start, c.used, c.first = started, used, first or c.ends
  redis.call('HSET', c.key, 'w', started, 'k', c.window, 't', text(used), 'o',
             text(used - current.n), 'x', text(c.first))
  redis.call('EXPIREAT', c.key, c.kept)
end
local function look(c, wall)
  local known = redis.call('HMGET', c.key, 'w', 'k', 't', 'x')
  if not known[1] and find_renamed(c) then
    known = redis.call('HMGET', c.key, 'w', 'k', 't', 'x')
  end
  local newest = tonumber(known[1] or '0')
  local first = tonumber(known[4] or '0')
  if newest >= c.from and known[2] == c.window and math.max(wall, newest) < first then
    c.start, c.used, c.first = known[1], tonumber(known[3]), first
  else
    turn(c, known, wall)
  end
end
)";

const std::string admitting =
    R"(local call, lease, wall = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[6])
local state = redis.call('HMGET', store, 'epoch', 'fence:' .. ARGV[3])
if ARGV[5] ~= '' and state[1] ~= ARGV[5] then return {-1} end
if state[2] and tonumber(state[2]) >= tonumber(ARGV[4]) then return {-2} end
local charges, refusal, key = {}, nil, 3
local function refuse(index, used, wait, first)
  if not refusal or refusal[4] < wait then refusal = {0, index, used, wait, first} end
end
for at = 7, #ARGV, 8 do
  local c = {kind = ARGV[at], key = KEYS[key], former = {}, amount = ARGV[at + 3]}
  local limit, index = tonumber(ARGV[at + 2]), #charges + 1
  for former = 1, tonumber(ARGV[at + 1]) do c.former[former] = KEYS[key + former] end
  key = key + 1 + #c.former
  charges[index] = c
  if c.kind == 'r' then
    c.interval = tonumber(ARGV[at + 4])
    c.arrival = math.max(tonumber(redis.call('GET', c.key) or '0'), now)
    local wait = c.arrival - now - tonumber(ARGV[at + 5])
    if wait > 0 then refuse(index, limit, wait, 0) end
  elseif c.kind == 'c' then
    local used = tonumber(redis.call('GET', c.key) or '0')
    if tonumber(c.amount) > limit - used then
      end_leases(now)  -- a gateway that died may have held them
      used = tonumber(redis.call('GET', c.key) or '0')
    end
    if tonumber(c.amount) > limit - used then refuse(index, used, 1000000, 0) end
  else
    c.from, c.ends, c.kept = tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5]), ARGV[at + 6]
    c.window = ARGV[at + 7]
    look(c, wall)
    if tonumber(c.amount) > limit - c.used then
      refuse(index, c.used, math.max(c.first - wall, 1) * 1000000, c.first)
    end
  end
end
if refusal then
  return {0, refusal[2], text(refusal[3]), text(refusal[4]), text(refusal[5])}
end
local hold = {call}
for _, c in ipairs(charges) do
  if c.kind == 'r' then
    local arrival = c.arrival + c.interval
    redis.call('SET', c.key, text(arrival), 'PX', text(math.ceil((arrival - now) / 1000) + 1))
  elseif c.kind == 'c' then
    redis.call('INCR', c.key)
    hold[#hold + 1], hold[#hold + 2] = 'c', c.key
  else
    redis.call('HINCRBY', c.key, 't', c.amount)
    hold[#hold + 1], hold[#hold + 2], hold[#hold + 3], hold[#hold + 4] = 'b', c.key, c.start, c.amount
  end
end
if #hold == 1 then return {1, ''} end
hold = cmsgpack.pack(hold)
redis.call('ZADD', leases, text(now + lease), hold)
return {1, hold}
)";

}  // namespace

const base::RedisScript admit_script("local store, leases = KEYS[1], KEYS[2]\n" + time_and_text +
                                     resolving + budgets + admitting);

const base::RedisScript resolve_script("local leases = KEYS[1]\n" + resolving +
                                       R"(local resolved = 0
for at = 1, #ARGV, 2 do resolved = resolved + resolve(ARGV[at + 1], ARGV[at]) end
return resolved
)");

const base::RedisScript renew_script("local leases = KEYS[1]\n" + time_and_text + resolving +
                                     R"(local until_then = text(now + tonumber(ARGV[1]))
for at = 2, #ARGV do redis.call('ZADD', leases, 'XX', until_then, ARGV[at]) end
end_leases(now)
return 1
)");

const base::RedisScript cancel_script("local store, leases = KEYS[1], KEYS[2]\n" + resolving +
                                      R"(redis.call('HSET', store, 'fence:' .. ARGV[1], ARGV[2])
local lost, cancelled = {}, 0
for at = 3, #ARGV do lost[ARGV[at]] = true end
for _, hold in ipairs(redis.call('ZRANGE', leases, 0, -1)) do
  if lost[cmsgpack.unpack(hold)[1]] then cancelled = cancelled + resolve(hold, 'x') end
end
return cancelled
)");

const base::RedisScript epoch_script(R"(local store, known, fresh = KEYS[1], ARGV[1], ARGV[2]
local epoch = redis.call('HGET', store, 'epoch')
if epoch and (known == '' or epoch == known) then return epoch end
if epoch and redis.call('HEXISTS', store, 'after:' .. known) == 1 then return epoch end
if known ~= '' and ARGV[3] ~= '1' then return '' end
if not epoch then redis.call('HSET', store, 'epoch', fresh) end
if known ~= '' then redis.call('HSET', store, 'after:' .. known, '1') end
return epoch or fresh
)");

}  // namespace policies::ledger
