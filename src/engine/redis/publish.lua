-- SPDX-License-Identifier: Apache-2.0
-- Applies one batch of a broker's records to a partition: order, history, presence and log in one step, all or none.
--
-- KEYS  K:m; the other keys are made from it: K:l log, K:c:CH and K:h:CH history, K:k:CH:IDEM results by idempotency
--       key, K:p:CH and K:b:PID presence, K:n leases.
-- ARGV  generation, MAXLEN of the log, broker id, number of the last record before these, number of the first record,
--       then the records, each a letter and its words:
--         P channel body max ttl meta_ttl refresh new_epoch idem idem_ttl version version_epoch   (times in ms)
--         p channel body                       a publication with none of these
--         J body · L body · C body             log entries: join, leave, control
--         T node                               tick: the broker's lease, and a log entry
--         + channel client value ttl · - channel client last     presence of a client
--         B                                    the broker leaves; the last record of its life
-- Answer  OK n record…    n: of the log's newest entry. A record: P:s:epoch:n (n 0: no log entry), D:s:epoch the
--                         idempotency key is known, V:s:epoch not newer than the channel's version, X:error nothing done
--         DUP n record…   the batch had been applied before: D:s:epoch, or R
--         GAP q           the broker's last record here is q, which is not the one expected: nothing done
--         FENCED g · HEALING ms · an error: nothing done
--
-- Why it is safe
-- * Who writes must know the generation, so nobody writes to a new life of Redis before its own fence. While that is
--   being proved nobody writes at all.
-- * A batch is taken only directly after the one that the broker had sent before it. So a batch sent again is
--   recognised, a refused one in the middle of several takes those behind it along, and one that a stopped Redis
--   finds in its sockets later does nothing.
-- * OOM, NOREPLICAS, READONLY and their like are answered to the first write of a script and never after it. So such
--   an error at the first write ends the batch with nothing done. An error that a channel's key has for itself
--   (WRONGTYPE: somebody else's key) is the record's alone; its first touching command is the one that can fail, and
--   what was written for the record before is taken back.
-- * XADD can only fail at the first entry of a batch (K:l is no stream, or has been written to by others): its record
--   is taken back, and the batch is refused. A fence repairs the latter.
local call, pcall = redis.call, redis.pcall
local meta = KEYS[1]
local K = string.sub(meta, 1, -3)
local log = K .. ':l'
local g, log_max, pid = ARGV[1], ARGV[2], ARGV[3]
local prev_q, q = tonumber(ARGV[4]), tonumber(ARGV[5])
local first = 6

local m = call('HMGET', meta, 'g', 'eb', 'st', 'hu', 'n', 'q:' .. pid)
local eb, n = m[2], tonumber(m[5])
local applied_q = tonumber(m[6] or 0)
if m[1] ~= g or not eb or not n then
	return {'FENCED', m[1] or '0'}
end

local function now_ms()
	local t = call('TIME')
	return t[1] * 1000 + math.floor(t[2] / 1000)
end

if m[3] == 'heal' then
	-- Past its deadline too: somebody has to end it first (prove.lua).
	return {'HEALING', math.max(1, tonumber(m[4]) - now_ms())}
end

local words = {P = 11, p = 2, J = 1, L = 1, C = 1, T = 1, B = 0, ['+'] = 4, ['-'] = 3}

local function earlier(i)
	local known = ARGV[i] == 'P' and ARGV[i + 8] ~= '' and pcall('GET', K .. ':k:' .. ARGV[i + 1] .. ':' .. ARGV[i + 8])
	return type(known) == 'string' and 'D:' .. known or 'R'
end

if applied_q ~= prev_q or q <= applied_q then
	local out, i, last_q = {'DUP', n}, first, q - 1
	while ARGV[i] do
		out[#out + 1] = earlier(i)
		i = i + 1 + words[ARGV[i]]
		last_q = last_q + 1
	end
	return applied_q >= last_q and out or {'GAP', applied_q}
end

local wrote, refused = false, nil

local function fail(e)
	if not wrote and not string.find(e.err, '^WRONGTYPE') and not string.find(e.err, '^ERR') then
		refused = e
	end
	return 'X:' .. e.err
end

local function append(head, body)
	local id = pcall('XADD', log, 'MAXLEN', '~', log_max, g .. '-' .. n + 1, 'e', head .. '\n' .. body)
	if type(id) == 'table' then
		refused = id
		return false
	end
	n = n + 1
	wrote = true
	return true
end

local function entry(op, body)
	append(op .. ':' .. pid .. ':' .. q, body)
	return 'P:0::' .. n
end

-- Decimal numbers of up to 20 digits, which a Lua number does not hold exactly.
local function newer(a, b)
	return #a > #b or #a == #b and a > b
end

local function whole(e)
	return e .. '.' .. eb
end

-- The next offset of a channel, its epoch, and the history's length with the body added; or an error.
local function add_history(ckey, hkey, body, new_epoch)
	local s = pcall('HINCRBY', ckey, 's', 1)
	if type(s) == 'table' then
		return s
	end
	wrote = true
	local e = call('HGET', ckey, 'e')
	if not e then
		e, s = new_epoch, 1
		call('HSET', ckey, 'e', e, 's', 1)
	end
	if s == 1 then
		call('DEL', hkey)
	end
	local len = pcall('RPUSH', hkey, body)
	if type(len) == 'table' then
		call('HINCRBY', ckey, 's', -1)
		return len
	end
	return nil, s, whole(e), len
end

local function remove_history(ckey, hkey)
	call('RPOP', hkey)
	call('HINCRBY', ckey, 's', -1)
end

local function publication(i)
	local ch, body, max, meta_ttl = ARGV[i + 1], ARGV[i + 2], tonumber(ARGV[i + 3]), ARGV[i + 5]
	local idem, version = ARGV[i + 8], ARGV[i + 10]
	local ckey, hkey, kkey = K .. ':c:' .. ch, K .. ':h:' .. ch, K .. ':k:' .. ch .. ':' .. idem
	local s, e, len, err = 0, '', 0, nil
	if idem ~= '' then
		local known = pcall('GET', kkey)
		if type(known) == 'table' then
			return fail(known)
		elseif known then
			return 'D:' .. known
		end
	end
	if version ~= '0' then
		local c = pcall('HMGET', ckey, 'v', 've', 's', 'e')
		if c.err then
			return fail(c)
		elseif c[1] and not newer(version, c[1]) and (ARGV[i + 11] == '' or ARGV[i + 11] == c[2]) then
			return max > 0 and c[4] and 'V:' .. (c[3] or 0) .. ':' .. whole(c[4]) or 'V:0:'
		end
	end
	if max > 0 then
		err, s, e, len = add_history(ckey, hkey, body, ARGV[i + 7])
		if err then
			return fail(err)
		end
	end
	if not append('P:' .. s .. ':' .. e .. ':' .. pid .. ':' .. q, body) then
		if max > 0 then
			remove_history(ckey, hkey)
		end
		return
	end
	if len == 1 or max > 0 and ARGV[i + 6] == '1' then
		call('PEXPIRE', hkey, ARGV[i + 4])
		call('PEXPIRE', ckey, meta_ttl)
	end
	if len > max * 9 / 8 then
		call('LTRIM', hkey, -max, -1)
	end
	if version ~= '0' then
		call('HSET', ckey, 'v', version, 've', ARGV[i + 11])
		if max == 0 then
			call('PEXPIRE', ckey, meta_ttl)
		end
	end
	if idem ~= '' then
		call('SET', kkey, s .. ':' .. e, 'PX', ARGV[i + 9])
	end
	return 'P:' .. s .. ':' .. e .. ':' .. n
end

local function arrive(i)
	local key, mine = K .. ':p:' .. ARGV[i + 1], K .. ':b:' .. pid
	local r = pcall('HSET', key, pid .. ':' .. ARGV[i + 2], ARGV[i + 3])
	if type(r) == 'table' then
		return fail(r)
	end
	wrote = true
	call('PEXPIRE', key, ARGV[i + 4])
	pcall('SADD', mine, ARGV[i + 1])
	pcall('PEXPIRE', mine, ARGV[i + 4])
	return 'P:0::0'
end

local function depart(i)
	local r = pcall('HDEL', K .. ':p:' .. ARGV[i + 1], pid .. ':' .. ARGV[i + 2])
	if type(r) == 'table' then
		return fail(r)
	end
	wrote = true
	if ARGV[i + 3] == '1' then
		pcall('SREM', K .. ':b:' .. pid, ARGV[i + 1])
	end
	return 'P:0::0'
end

local function tick(node)
	local r = pcall('HSET', K .. ':n', pid, now_ms() .. '|' .. node)
	if type(r) == 'table' then
		return fail(r)
	end
	wrote = true
	return entry('T', node)
end

local function apply(op, i)
	if op == 'P' then
		return publication(i)
	elseif op == 'p' then
		append('P:0::' .. pid .. ':' .. q, ARGV[i + 2])
		return 'P:0::' .. n
	elseif op == '+' then
		return arrive(i)
	elseif op == '-' then
		return depart(i)
	elseif op == 'T' then
		return tick(ARGV[i + 1])
	elseif op == 'B' then
		return 'P:0::0'
	end
	return entry(op, ARGV[i + 1])
end

local out, i, op = {'OK', 0}, first, ARGV[first]
while op do
	out[#out + 1] = apply(op, i)
	if refused then
		return refused
	end
	i = i + 1 + words[op]
	q = q + 1
	if op == 'B' then
		break
	end
	op = ARGV[i]
end
out[2] = n
if op == 'B' then
	call('HSET', meta, 'n', n)
	call('HDEL', meta, 'q:' .. pid, 'd:' .. pid)
	pcall('HDEL', K .. ':n', pid)
else
	call('HSET', meta, 'n', n, 'q:' .. pid, q - 1)
end
return out
