-- SPDX-License-Identifier: Apache-2.0
-- Who is in a channel: the entries whose broker is alive.
--
-- KEYS  K:m; K:p:CH (entries, by <broker>:<client>) and K:n (leases) are made from it.
-- ARGV  channel, ms of a lease
-- Answer  broker, client, value of each
--
-- Why it is safe: nothing is written. An entry counts while its broker's tick is young by Redis' own clock, so no
-- other clock matters. Should Redis have stood still, all ticks are old alike: the newest one is the time then.
local call = redis.call
local K = string.sub(KEYS[1], 1, -3)
local t = call('TIME')
local now, newest = t[1] * 1000 + math.floor(t[2] / 1000), 0
local ticks, alive, out = call('HGETALL', K .. ':n'), {}, {}

local function tick(value)
	return tonumber(string.match(value, '^%d+') or 0)
end
for i = 2, #ticks, 2 do
	newest = math.max(newest, tick(ticks[i]))
end
now = math.min(now, newest)
for i = 1, #ticks, 2 do
	alive[ticks[i]] = now - tick(ticks[i + 1]) < tonumber(ARGV[2])
end
local entries = call('HGETALL', K .. ':p:' .. ARGV[1])
for i = 1, #entries, 2 do
	local at = string.find(entries[i], ':', 1, true)
	local pid = at and string.sub(entries[i], 1, at - 1)
	if pid and alive[pid] then
		local k = #out
		out[k + 1], out[k + 2], out[k + 3] = pid, string.sub(entries[i], at + 1), entries[i + 1]
	end
end
return out
