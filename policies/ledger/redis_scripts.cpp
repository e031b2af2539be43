#include "policies/ledger/redis_scripts.h"

namespace policies::ledger {
namespace {

const std::string time_and_text =
    R"(local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local function text(number) return string.format('%.0f', number) end
)";

// `release` ends what was held of a bucket. One that was renamed meanwhile left behind where it
// went.
const std::string releasing =
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
local function release(key, start, amount, fate)
  if start == '' then
    if redis.call('DECRBY', key, amount) <= 0 then redis.call('DEL', key) end
    return
  end
  for rename = 1, 4 do
    if not key or book(key, start, amount, fate) then return end
    key = redis.call('GET', 'moved:' .. key)
  end
end
local function end_record(record)
  local fields = redis.call('HGETALL', record)
  for at = 1, #fields, 2 do
    local start, key = string.match(fields[at], '^(%d*) (.+)$')
    if start then release(key, start, fields[at + 1], 'u') end
  end
  redis.call('DEL', record)
end
local function end_leases(me)
  local over = redis.call('ZRANGEBYSCORE', nodes, '-inf', text(now), 'LIMIT', 0, 16)
  for _, node in ipairs(over) do
    if node ~= me then
      end_record(nodes .. ':' .. node)
      redis.call('ZREM', nodes, node)
    end
  end
end
)";

// A budget's bucket: what is used of it, when the first of that stops counting, and the booking of
// now. Mostly nothing has ended since the last time, and four fields say it all.
const std::string budgets =
    R"(local function find_renamed(c)
  for _, former in ipairs(c.former) do
    if redis.call('EXISTS', former) == 1 then
      if by_key[former] then mixed = true end
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

// Refuses what is not to be done, and reads what the node holds.
const std::string beginning =
    R"(local me, generation, number, epoch = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local wall, ends = tonumber(ARGV[5]), tonumber(ARGV[6])
local buckets, calls, at = tonumber(ARGV[7]), tonumber(ARGV[8]), 9
if epoch ~= '' and redis.call('HGET', store, 'epoch') ~= epoch then return {-1} end
local fields = {}
for index = 1, ends do fields[index] = ARGV[at + 4 * index - 4] .. ' ' .. KEYS[3 + index] end
local known = redis.call('HMGET', record, 'g', 'n', unpack(fields))
if known[1] ~= generation then return {-2} end
if tonumber(known[2] or '0') >= tonumber(number) then return {-2} end
)";

// Nothing is ended that the record does not hold. Slots are written together with those that are
// taken: mostly as many.
const std::string ending =
    R"(local held, freed = {}, {}
for index = 1, ends do
  local left = tonumber(known[index + 2] or '0')
  for fate, ended in pairs({s = ARGV[at + 1], u = ARGV[at + 2], x = ARGV[at + 3]}) do
    local amount = math.min(tonumber(ended), left)
    if amount > 0 then
      left = left - amount
      local key = KEYS[3 + index]
      if ARGV[at] == '' then
        freed[key] = (freed[key] or 0) + amount
      else
        release(key, ARGV[at], text(amount), fate)
      end
    end
  end
  held[fields[index]] = left
  at = at + 4
end
)";

// A slot that a dead gateway held is free before anything is read that this changes.
const std::string reading =
    R"(local key, short = 4 + ends, false
local function count_slots(c)
  local used = tonumber(redis.call('GET', c.key) or '0')
  c.freed = math.min(used, freed[c.key] or 0)
  c.used = used - c.freed
end
for index = 1, buckets do
  local c = {kind = ARGV[at], key = KEYS[key], name = KEYS[key], former = {}, taken = 0, start = 0}
  c.limit = tonumber(ARGV[at + 2])
  for former = 1, tonumber(ARGV[at + 1]) do c.former[former] = KEYS[key + former] end
  key = key + 1 + #c.former
  if c.kind == 'r' then
    c.interval, c.tolerance = tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
    at = at + 5
  elseif c.kind == 'c' then
    count_slots(c)
    short = short or calls > c.limit - c.used
    at = at + 3
  else
    c.from, c.ends, c.kept = tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4]), ARGV[at + 5]
    c.window = ARGV[at + 6]
    at = at + 7
  end
  list[index] = c
end
if short then end_leases(me) end
for _, c in ipairs(list) do
  if c.kind == 'r' then
    c.arrival = math.max(tonumber(redis.call('GET', c.key) or '0'), now)
  elseif c.kind == 'b' then
    look(c, wall)
  elseif short then
    count_slots(c)
  end
  if by_key[c.key] then mixed = true end
  by_key[c.key] = c
end
)";

// Of equal calls, as many as surely find room are taken at once, and one after the other only what
// is left: each of them in Lua would cost as much as reading a bucket.
const std::string admitting =
    R"(local function fitting(charges, count)
  for _, charge in ipairs(charges) do
    local c = charge.bucket
    if c.asked_by == charges then return 0 end
    c.asked_by = charges
    if c.kind == 'r' then
      local room = c.tolerance - (c.arrival - now)
      if room < 0 then return 0 end
      count = math.min(count, (room - math.fmod(room, c.interval)) / c.interval + 1)
    elseif charge.excess ~= 'allow' then
      local room = c.limit - c.used
      if room < charge.amount then return 0 end
      if charge.amount > 0 then
        count = math.min(count, (room - math.fmod(room, charge.amount)) / charge.amount)
      end
    end
  end
  return count
end
local function refusals_of(charges)
  local refusal, asked
  local function refuse(index, used, wait, first)
    if not refusal or refusal[3] < wait then refusal = {index, used, wait, first} end
  end
  for index, charge in ipairs(charges) do
    local c = charge.bucket
    if c.kind == 'r' then
      local wait = c.arrival - now - c.tolerance
      if wait > 0 then refuse(index, c.limit, wait, 0) end
    elseif charge.amount > c.limit - c.used then
      local wait = c.kind == 'c' and 1000000 or math.max(c.first - wall, 1) * 1000000
      if charge.excess == 'ask' then
        asked = asked or {}
        asked[#asked + 1] = {index, c.used, wait, c.first}
      elseif charge.excess ~= 'allow' then
        refuse(index, c.used, wait, c.first or 0)
      end
    end
  end
  return refusal and {refusal} or asked
end
local function take(charges, count)
  for _, charge in ipairs(charges) do
    local c = charge.bucket
    if c.kind == 'r' then
      c.arrival, c.taken = c.arrival + count * c.interval, 1
    else
      local amount = count * charge.amount
      c.used, c.taken = c.used + amount, c.taken + amount
    end
  end
end
local reply = {}
for index, c in ipairs(list) do reply[index] = tonumber(c.start) end
while at <= #ARGV do
  local count, charges, admitted = tonumber(ARGV[at]), {}, 0
  for index = 1, tonumber(ARGV[at + 1]) do
    local place = at + 3 * index - 1
    charges[index] = {bucket = list[tonumber(ARGV[place])], amount = tonumber(ARGV[place + 1]),
                      excess = ARGV[place + 2]}
  end
  at = at + 2 + 3 * #charges
  if mixed then
    reply[#reply + 1] = -1
  else
    local refusals = count == 0 and (refusals_of(charges) or {})
    admitted = fitting(charges, count)
    if admitted > 0 then take(charges, admitted) end
    while admitted < count do
      refusals = refusals_of(charges)
      if refusals then break end
      take(charges, 1)
      admitted = admitted + 1
    end
    reply[#reply + 1] = admitted
    if refusals then reply[#reply + 1] = #refusals end
    for _, refusal in ipairs(refusals or {}) do
      for _, number in ipairs(refusal) do reply[#reply + 1] = number end
    end
  end
end
)";

const std::string writing =
    R"(for _, c in ipairs(list) do
  if c.taken > 0 then
    if c.kind == 'r' then
      redis.call('SET', c.key, text(c.arrival), 'PX', text(math.ceil((c.arrival - now) / 1000) + 1))
    else
      local field = (c.kind == 'b' and c.start or '') .. ' ' .. c.name
      held[field] = (held[field] or tonumber(redis.call('HGET', record, field) or '0')) + c.taken
      if c.kind == 'b' then redis.call('HINCRBY', c.key, 't', text(c.taken)) end
    end
  end
  if c.kind == 'c' then
    local change = c.taken - math.min(c.freed, freed[c.key] or 0)
    freed[c.key] = nil
    if change ~= 0 and redis.call('INCRBY', c.key, text(change)) <= 0 then
      redis.call('DEL', c.key)
    end
  end
end
for key, amount in pairs(freed) do release(key, '', text(amount)) end
local said = cmsgpack.pack({tonumber(number), reply})
local set, gone = {'n', number, 'r' .. tonumber(number) % 8, said}, {}
for field, amount in pairs(held) do
  if amount > 0 then
    set[#set + 1], set[#set + 2] = field, text(amount)
  else
    gone[#gone + 1] = field
  end
end
redis.call('HSET', record, unpack(set))
if #gone > 0 then redis.call('HDEL', record, unpack(gone)) end
return reply
)";

}  // namespace

const base::RedisScript batch_script(
    "local store, nodes, record = KEYS[1], KEYS[2], KEYS[3]\n"
    "local list, by_key, mixed = {}, {}, false\n" +
    time_and_text + releasing + budgets + beginning + ending + reading + admitting + writing);

const base::RedisScript register_script(
    "local tenants, nodes, record = KEYS[1], KEYS[2], KEYS[3]\n" + time_and_text + releasing +
    R"(redis.call('SADD', tenants, ARGV[1])
local stands, registration = redis.call('HGET', record, 'i') == ARGV[4], ARGV[4]
if not stands then
  end_record(record)
  registration = text(tonumber(ARGV[4]) + 1)
end
redis.call('HSET', record, 'i', registration, 'g', ARGV[3])
redis.call('ZADD', nodes, text(now + tonumber(ARGV[5])), ARGV[2])
if not stands then return {0} end
local done = {}
for slot = 0, 7 do
  local said = redis.call('HGET', record, 'r' .. slot)
  if said then done[#done + 1] = cmsgpack.unpack(said) end
end
return {1, done}
)");

const base::RedisScript renew_script(
    "local nodes = KEYS[1]\n" + time_and_text + releasing +
    R"(redis.call('ZADD', nodes, 'XX', text(now + tonumber(ARGV[1])), ARGV[2])
end_leases(ARGV[2])
return 1
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
