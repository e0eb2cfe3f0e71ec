-- append: plain events after the last one, and each to its followers, in one step.
-- Everything is checked first, then stored, then published: what was refused was not published.
-- Redis refuses the first write of a script where memory is out, and none after it.
-- KEYS  task, events, live    ARGV  kept_max, then tag, type, json for each event
-- Answers the first new seq; TFNOTASK; TFENDED.
local task, events, live = KEYS[1], KEYS[2], KEYS[3]
local kept_max = ARGV[1]
local at = redis.call('HMGET', task, 'seq', 'end')
if not at[1] then return {err = 'TFNOTASK'} end
if at[2] then return {err = 'TFENDED'} end
local seq = tonumber(at[1])
local first = seq + 1
for i = 2, #ARGV, 3 do
  seq = seq + 1
  redis.call('XADD', events, 'MAXLEN', '~', kept_max, seq .. '-' .. ARGV[i],
    't', ARGV[i + 1], 'e', ARGV[i + 2])
end
redis.call('HSET', task, 'seq', seq, 'tag', ARGV[#ARGV - 2])
seq = first
for i = 2, #ARGV, 3 do
  redis.call('PUBLISH', live, seq .. '-' .. ARGV[i] .. ' ' .. ARGV[i + 1] .. ' ' .. ARGV[i + 2])
  seq = seq + 1
end
return first
