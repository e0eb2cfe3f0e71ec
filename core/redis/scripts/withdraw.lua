-- withdraw: takes an execution back that could not be queued (memory ran out between the two).
-- HDEL goes first: it is allowed without memory, and what follows a script's first write is too.
-- KEYS  task      ARGV  execution
local at = redis.call('HMGET', KEYS[1], 'st', 'exec', 'token')
if at[1] ~= 'pending' or at[2] ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'exec', 'query', 'streaming', 'queue', 'budget', 'claims')
redis.call('HSET', KEYS[1], 'st', 'submitted')
return 1
