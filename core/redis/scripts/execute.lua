-- execute: submitted -> pending. On a pending task of the same execution nothing changes: the
-- caller only queues it again.
-- KEYS  task      ARGV  execution, query, streaming ('', '0' or '1'), queue, budget ('' or JSON)
-- Answers 1 where it moved, 0 where it had; TFNOTASK; TFSTATUS status.
local at = redis.call('HMGET', KEYS[1], 'st', 'exec', 'rec')
if not at[3] then return {err = 'TFNOTASK'} end
if at[1] == 'pending' and at[2] == ARGV[1] then return 0 end
if at[1] ~= 'submitted' then return {err = 'TFSTATUS ' .. at[1]} end
redis.call('HSET', KEYS[1], 'st', 'pending', 'exec', ARGV[1], 'query', ARGV[2],
           'streaming', ARGV[3], 'queue', ARGV[4], 'budget', ARGV[5], 'claims', 0)
redis.call('HDEL', KEYS[1], 'err')
return 1
