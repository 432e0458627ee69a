-- SPDX-License-Identifier: Apache-2.0
-- Cleans up after brokers that have died: their presence, their lease, their number. To be called every few seconds.
--
-- KEYS  K:m; K:n (leases), K:b:PID (channels in which a broker has presence) and K:p:CH are made from it.
-- ARGV  id of the broker that asks, channels at most, ms of a lease, ms after which a broker is dead
-- Answer  channel, client, value of each entry removed …, more (1: call again at once; 0)
--
-- Why it is safe
-- * Only the living broker with the lowest id cleans up, so each leave is told of once.
-- * Should Redis have stood still or been away, all ticks are old at first, those of the living too. So an old tick
--   is noted (K:m, d:PID), and its broker is dead only if that tick is still the last one some time after.
-- * A tick from the future (the clock of a master before was ahead) is set to now, and ages from there.
-- * Channels are taken out of K:b:PID as they are cleaned, so an interrupted clean-up goes on where it was.
local call, pcall = redis.call, redis.pcall
local CONFIRM_MS, CHUNK = 10000, 1000
local meta, me, left = KEYS[1], ARGV[1], tonumber(ARGV[2])
local lease_ms, dead_ms = tonumber(ARGV[3]), tonumber(ARGV[4])
local K = string.sub(meta, 1, -3)
local leases = K .. ':n'
local t = call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local ticks, lowest, suspects, out, more = call('HGETALL', leases), nil, {}, {}, 0

for i = 1, #ticks, 2 do
	local pid, tick = ticks[i], tonumber(string.match(ticks[i + 1], '^%d+') or 0)
	if now - tick >= lease_ms then
		suspects[#suspects + 1] = {pid = pid, tick = tick}
	elseif not lowest or pid < lowest then
		lowest = pid
	end
	if tick - now > lease_ms then
		call('HSET', leases, pid, now .. string.gsub(ticks[i + 1], '^%d+', ''))
	end
end
if lowest ~= me then
	return {0}
end

local function is_dead(s)
	local tick, at = string.match(call('HGET', meta, 'd:' .. s.pid) or '', '^(%d+):(%d+)$')
	if tonumber(tick) ~= s.tick then
		call('HSET', meta, 'd:' .. s.pid, string.format('%.0f:%.0f', s.tick, now))
		return false
	end
	return now - s.tick >= dead_ms and now - tonumber(at) >= CONFIRM_MS
end

local function clean(channel, pid)
	local key, prefix, gone = K .. ':p:' .. channel, pid .. ':', {}
	local entries = pcall('HGETALL', key)
	for i = 1, #entries, 2 do
		if string.sub(entries[i], 1, #prefix) == prefix then
			gone[#gone + 1] = entries[i]
			out[#out + 1] = channel
			out[#out + 1] = string.sub(entries[i], #prefix + 1)
			out[#out + 1] = entries[i + 1]
		end
	end
	for i = 1, #gone, CHUNK do
		call('HDEL', key, unpack(gone, i, math.min(i + CHUNK - 1, #gone)))
	end
end

for _, s in ipairs(suspects) do
	if is_dead(s) then
		local channels = left > 0 and call('SPOP', K .. ':b:' .. s.pid, left) or {}
		for _, channel in ipairs(channels) do
			clean(channel, s.pid)
		end
		left = left - #channels
		if call('EXISTS', K .. ':b:' .. s.pid) == 0 then
			call('HDEL', leases, s.pid)
			call('HDEL', meta, 'q:' .. s.pid, 'd:' .. s.pid)
		else
			more = 1
		end
	end
end
out[#out + 1] = more
return out
