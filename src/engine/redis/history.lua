-- SPDX-License-Identifier: Apache-2.0
-- Reads a channel's history and position, together with the log's position at that moment. Makes the channel if it is
-- not there, so that a position given to a subscriber stays good.
--
-- KEYS  K:m; K:c:CH (epoch, top offset) and K:h:CH (bodies; the last one has the top offset) are made from it.
-- ARGV  channel, letters for a new epoch, time to live of K:c (ms, with its reserve),
--       mode, since ('': none), limit (-1: all)
--       mode: recover  bodies after `since`, or none if there are more than `limit` or some are gone
--             forward  bodies after `since`, or from the oldest one
--             reverse  newest first, from the one before `since`
--             remove   drops the bodies, keeps the position
-- Answer  epoch, top, offset of the oldest body (top + 1: none), generation and n of the log, offset of the first
--         body given, bodies
--
-- Why it is safe
-- * `lo` comes from the list's length and the top offset, so a list that was trimmed, deleted or expired is seen as
--   what it is. A list longer than the top offset belongs to a K:c that is gone: nothing of it is given.
-- * Recovery gives all or nothing. A `since` above the top is never recovered.
-- * Without a generation (Redis has been emptied, nobody has fenced yet) it answers the error UNFENCED: an epoch
--   given now would be without its partition's part.
-- * The time to live is renewed only where it has run down by its reserve, and a refusal of that (no replicas) is no
--   reason not to answer.
local call, pcall = redis.call, redis.pcall
local K = string.sub(KEYS[1], 1, -3)
local ckey, hkey = K .. ':c:' .. ARGV[1], K .. ':h:' .. ARGV[1]
local meta_ttl, mode, since, limit = tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
local m = call('HMGET', KEYS[1], 'g', 'n', 'eb')

if not m[1] or not m[2] or not m[3] then
	return redis.error_reply('UNFENCED no generation')
end
local c = call('HMGET', ckey, 'e', 's')
local e, s = c[1], tonumber(c[2] or 0)
if not e then
	e, s = ARGV[2], 0
	call('HSET', ckey, 'e', e, 's', 0)
	call('DEL', hkey)
end
if call('PTTL', ckey) < meta_ttl / 9 * 8 then
	pcall('PEXPIRE', ckey, ARGV[3])
end
if mode == 'remove' then
	call('DEL', hkey)
end
local len = call('LLEN', hkey)
if len > s then
	len = 0
end
local lo = s - len + 1
local from, to = lo, s
if limit < 0 then
	limit = len
end
if mode == 'recover' then
	from = since + 1
	if since > s or from < lo or s - since > limit then
		from = s + 1
	end
elseif mode == 'reverse' then
	if since then
		to = (since <= lo or since - 1 > s) and 0 or since - 1
	end
	from = math.max(lo, to - limit + 1)
elseif mode == 'forward' then
	if since and since >= lo then
		from = math.min(since, s) + 1
	end
	to = math.min(s, from + limit - 1)
else
	to = 0
end

local bodies, first = {}, 0
if from <= to then
	bodies, first = call('LRANGE', hkey, from - lo, to - lo), from
end
if mode == 'reverse' then
	local a, b = 1, #bodies
	while a < b do
		bodies[a], bodies[b] = bodies[b], bodies[a]
		a, b = a + 1, b - 1
	end
	first = from <= to and to or 0
end
return {e .. '.' .. m[3], s, lo, m[1], m[2], first, bodies}
