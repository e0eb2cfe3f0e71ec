-- renew: the lease for longer, and the signals that wait.
-- KEYS  task, inbox      ARGV  worker, token, lease_ms
-- Answers the signals; TFNOTASK; TFFENCED.
local at = redis.call('HMGET', KEYS[1], 'seq', 'holder', 'token')
if not at[1] then return {err = 'TFNOTASK'} end
if at[2] ~= ARGV[1] or at[3] ~= ARGV[2] then return {err = 'TFFENCED'} end
local now = redis.call('TIME')
local till = now[1] * 1000 + math.floor(now[2] / 1000) + tonumber(ARGV[3])
-- Read first: a renewal that memory refuses must not lose the signals' order of store and answer.
local signals = redis.call('XRANGE', KEYS[2], '-', '+')
redis.call('HDEL', KEYS[1], 'until')  -- Allowed without memory, and so is what follows it.
redis.call('HSET', KEYS[1], 'until', till)
return signals
