-- set_aside: out of the queue, into the list that people look at.
-- KEYS  queue, dead      ARGV  group, entry id, task, last_error, kept_max
local now = redis.call('TIME')
local at_ms = string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000))
redis.call('LPUSH', KEYS[2], ARGV[3] .. ' ' .. at_ms .. ' ' .. ARGV[4])
redis.call('LTRIM', KEYS[2], 0, tonumber(ARGV[5]) - 1)
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
redis.call('XDEL', KEYS[1], ARGV[2])
return 1
