-- SPDX-License-Identifier: Apache-2.0
-- Ends a partition's healing: proves that the new life of Redis has lost nothing, or changes the epoch. Takes a
-- broker's report first, if there is one.
--
-- KEYS  K:m; K:l (the log), K:n (leases) and K:hp (reports) are made from it.
-- ARGV  generation; and for a report: broker id, the highest position of an older generation that it has seen (0-0:
--       none)
-- Answer  fenced (1 or 0: the generation is another one), done (1 or 0), ms until it is worth asking again
--
-- Why it is safe
-- * Replication gives a prefix of the log. So if no broker has seen a position above L, the last one that Redis has,
--   nothing that anybody was told of is lost.
-- * Expected to report is every broker that was alive at the end of the old life: its tick is within 15 s of the
--   newest tick (not of the present time: Redis may have been away for minutes). If one is missing at the deadline,
--   or no ticks are there, nothing is proved and the epoch changes. A report above L decides at once.
-- * A report that comes later still changes the epoch, once for each generation (eb is the generation then); an E that
--   changes nothing tells subscribers without positions of what was acknowledged on the other side of a split since. A
--   position that cannot be judged counts as a loss: that of an F (n = 0), or of this generation.
local call = redis.call
local meta, g, pid, seen = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local LEASE_MS, ASK_MS = 15000, 50
local K = string.sub(meta, 1, -3)
local m = call('HMGET', meta, 'g', 'st', 'hu', 'L', 'eb', 'n')
local st, L, eb, n = m[2], m[4], m[5], tonumber(m[6])

if m[1] ~= g or not L or not eb or not n then
	return {1, 0, 0}
end

local function position(id)
	local a, b = string.match(id or '', '^(%d+)-(%d+)$')
	return tonumber(a or 0), tonumber(b or 0)
end

local Lg, Ln = position(L)
local function proves_loss(id)
	local a, b = position(id)
	return a > Lg or a == Lg and b > Ln
end

local function bump(late)
	if eb ~= g or late then
		call('HSET', meta, 'eb', g, 'n', n + 1)
		call('XADD', K .. ':l', g .. '-' .. n + 1, 'e', 'E:' .. g .. '\n')
	end
end

if st ~= 'heal' then
	if seen and proves_loss(seen) then
		bump(true)
	end
	return {0, 1, 0}
end

if seen then
	call('HSET', K .. ':hp', pid, seen)
end
local reports, ticks, newest = {}, call('HGETALL', K .. ':n'), nil
local lost, missing = false, false
local given = call('HGETALL', K .. ':hp')
for i = 1, #given, 2 do
	reports[given[i]] = true
	lost = lost or proves_loss(given[i + 1])
end
local function tick(value)
	return tonumber(string.match(value, '^%d+') or 0)
end
for i = 2, #ticks, 2 do
	newest = math.max(newest or 0, tick(ticks[i]))
end
for i = 1, #ticks, 2 do
	missing = missing or newest - tick(ticks[i + 1]) <= LEASE_MS and not reports[ticks[i]]
end
if missing and not lost and eb ~= g then
	local t = call('TIME')
	local left = tonumber(m[3]) - (t[1] * 1000 + math.floor(t[2] / 1000))
	if left > 0 then
		return {0, 0, math.min(left, ASK_MS)}
	end
end
if lost or missing or not newest then
	bump()
end
call('HSET', meta, 'st', '')
call('DEL', K .. ':hp')
return {0, 1, 0}
