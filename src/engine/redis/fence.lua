-- SPDX-License-Identifier: Apache-2.0
-- Raises the generation of a partition when Redis lives a new life; else says how things are. The first command on a
-- connection to a master.
--
-- KEYS  K:m; K:l (the log) and K:hp (reports) are made from it.
-- ARGV  life of this Redis, highest generation the broker has seen (0: none), force (1 or 0), broker id, ms of
--       healing
-- Answer  generation, the partition's part of the epoch, 'heal' or '', ms until its end, last position of the
--         generation before, n of the newest entry, number of the broker's last record, raised (1 or 0)
--
-- Why it is safe
-- * The new generation is above the clock, above every generation that Redis or the asking broker knows, and above
--   the log's last ID. So its entries come after all others, for every reader, whatever was lost.
-- * Without K:m nothing is known of what was before: the epoch changes (eb is the new generation, never counted up).
-- * L, the last position that Redis has of the generation before, is what reports are compared with: who has seen a
--   higher one proves that something is lost. It comes from K:m and the log alike, since one of them can be deleted
--   alone.
-- * A fence while the one before is unfinished ('heal') keeps that one's L. Nothing can have been written since but
--   its F: publish.lua refuses while 'heal' stands, and it ends only by prove.lua. Were L the position of that F, a
--   broker whose last event (g0, 100) was lost would compare it with (g1, 0), and its loss would go unseen. For the
--   same reason a broker must not report an F (n = 0) as seen; if it does, that counts as a loss. Should Redis have
--   been set back to a moment when it was healing, the kept L is lower than what brokers saw: that counts as a loss,
--   too. The reports to the unfinished fence are dropped, and given again to this one.
local call = redis.call
local meta, r = KEYS[1], ARGV[1]
local known_g, force, pid, window = tonumber(ARGV[2]), ARGV[3] == '1', ARGV[4], tonumber(ARGV[5])
local K = string.sub(meta, 1, -3)
local log = K .. ':l'
local t = call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local m = call('HMGET', meta, 'g', 'r', 'eb', 'st', 'hu', 'L', 'n', 'q:' .. pid)
local g, eb, st, L, n, q = tonumber(m[1] or 0), m[3], m[4], m[6], tonumber(m[7] or 0), tonumber(m[8] or 0)

if g > 0 and eb and L and m[2] == r and not force and known_g <= g then
	return {m[1], eb, st, st == 'heal' and math.max(0, tonumber(m[5]) - now) or 0, L, n, q, 0}
end

-- The last ID that the log has ever had: entries may have been taken from its end.
local function last_of_log()
	if call('EXISTS', log) == 0 then
		return 0, 0
	end
	local info = call('XINFO', 'STREAM', log)
	for i = 1, #info, 2 do
		if info[i] == 'last-generated-id' then
			local a, b = string.match(info[i + 1], '^(%d+)-(%d+)$')
			return tonumber(a), tonumber(b)
		end
	end
end

local lg, ln = last_of_log()
if st ~= 'heal' or not L then
	if lg > g or lg == g and ln > n then
		L = string.format('%.0f-%.0f', lg, ln)
	else
		L = string.format('%.0f-%.0f', g, n)
	end
end
local new = string.format('%.0f', math.max(now, g + 1, lg + 1, known_g + 1))
eb = eb or new
call('HSET', meta, 'g', new, 'r', r, 'L', L, 'st', 'heal', 'hu', now + window, 'n', 0, 'eb', eb)
call('DEL', K .. ':hp')
call('XADD', log, new .. '-0', 'e', 'F:' .. L .. ':' .. eb .. '\n')
return {new, eb, 'heal', window, L, 0, q, 1}
