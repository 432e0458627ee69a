-- SPDX-License-Identifier: Apache-2.0
-- Before anything else is done with a Redis: may this user do all that the other scripts do, and do the other brokers
-- there have as many partitions and shards as this one?
--
-- KEYS  <prefix>:shape
-- ARGV  K, the prefix of a partition's keys; the shape: partitions, shards, and which of them this is
-- Answer  the shape that the brokers there have agreed on; then commands the user may not run, in small letters
--
-- Why it is safe
-- * A right that is missing in the middle of a script leaves half of it done. So all commands of all scripts are asked
--   for here, with keys like theirs: this list and theirs must be the same (test_bad_rights).
-- * The first broker on a prefix says the shape; it stays until somebody deletes the key. Partitions' keys depend on
--   their number: brokers that differ would not hear each other, without any error.
-- * Nothing is written where something is missing, and where the shape is known already.
local K, shape = ARGV[1], ARGV[2]
local needed = {
	{'hmget', 'm', 'g'}, {'hget', 'c:x', 'e'}, {'hset', 'm', 'g', '1'}, {'hdel', 'm', 'g'}, {'hgetall', 'n'},
	{'hincrby', 'c:x', 's', '1'}, {'rpush', 'h:x', '1'}, {'rpop', 'h:x'}, {'ltrim', 'h:x', '0', '1'}, {'llen', 'h:x'},
	{'lrange', 'h:x', '0', '1'}, {'get', 'k:x:y'}, {'set', 'k:x:y', '1'}, {'del', 'h:x'}, {'exists', 'l'},
	{'pexpire', 'h:x', '1'}, {'pttl', 'c:x'}, {'sadd', 'b:x', '1'}, {'srem', 'b:x', '1'}, {'spop', 'b:x', '1'},
	{'xadd', 'l', '1-1', 'e', '1'}, {'xinfo', 'stream', 'l'}, {'xread', 'streams', 'l', '0-0'},
}
local out = {shape}

local function is_allowed(words)
	local a, at = {}, words[1] == 'xinfo' and 3 or words[1] == 'xread' and 3 or 2
	for i, word in ipairs(words) do
		a[i] = i == at and K .. ':' .. word or word
	end
	return redis.acl_check_cmd(unpack(a))
end

for _, words in ipairs(needed) do
	if not is_allowed(words) then
		out[#out + 1] = words[1] == 'xinfo' and 'xinfo|stream' or words[1]
	end
end
if not redis.acl_check_cmd('time') then
	out[#out + 1] = 'time'
end
if not redis.acl_check_cmd('get', KEYS[1]) or not redis.acl_check_cmd('set', KEYS[1], shape) then
	out[#out + 1] = 'get and set of ' .. KEYS[1]
end
if #out == 1 then
	local known = redis.call('GET', KEYS[1])
	if known then
		out[1] = known
	else
		redis.call('SET', KEYS[1], shape)
	end
end
return out
