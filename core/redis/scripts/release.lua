-- release: the lease let go without an outcome.
-- KEYS  task      ARGV  worker, token, last_error
-- Answers 1; TFNOTASK; TFFENCED.
local at = redis.call('HMGET', KEYS[1], 'seq', 'holder', 'token')
if not at[1] then return {err = 'TFNOTASK'} end
if at[2] ~= ARGV[1] or at[3] ~= ARGV[2] then return {err = 'TFFENCED'} end
redis.call('HDEL', KEYS[1], 'holder', 'until', 'nonce')  -- First: allowed without memory.
if ARGV[3] ~= '' then
  redis.call('HSET', KEYS[1], 'err', ARGV[3])
else
  redis.call('HDEL', KEYS[1], 'claims')  -- Ended in good order: not counted against the task.
end
return 1
