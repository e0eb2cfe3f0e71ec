-- signal: stored, and the holder of the lease is woken.
-- KEYS  task, inbox      ARGV  kind, by, reason, worker channel's prefix, task id, signals_max
-- Answers the queue that the task must be put back into, or ''; TFNOTASK; TFENDED; TFFULL.
local at = redis.call('HMGET', KEYS[1], 'seq', 'end', 'holder', 'until', 'queue')
if not at[1] then return {err = 'TFNOTASK'} end
if at[2] then return {err = 'TFENDED'} end
if redis.call('XLEN', KEYS[2]) >= tonumber(ARGV[6]) then return {err = 'TFFULL'} end
redis.call('XADD', KEYS[2], '*', 'k', ARGV[1], 'b', ARGV[2], 'r', ARGV[3])
if at[3] then
  local now = redis.call('TIME')
  if tonumber(at[4] or '0') > now[1] * 1000 + math.floor(now[2] / 1000) then
    redis.call('PUBLISH', ARGV[4] .. at[3], ARGV[5])
    return ''
  end
end
if ARGV[1] == 'resume' and at[5] then return at[5] end
return ''
