-- signal: stored, and the holder of the lease is woken.
-- KEYS  task, inbox      ARGV  kind, by, reason, call, text, worker channel's prefix, task id,
--                              signals_max, wakes ('1': a task without a worker is queued)
-- Answers the queue that the task must be put back into, or ''; TFNOTASK; TFENDED; TFFULL.
local at = redis.call('HMGET', KEYS[1], 'seq', 'end', 'holder', 'until', 'queue', 'st')
if not at[1] then return {err = 'TFNOTASK'} end
if at[2] then return {err = 'TFENDED'} end
if redis.call('XLEN', KEYS[2]) >= tonumber(ARGV[8]) then return {err = 'TFFULL'} end
redis.call('XADD', KEYS[2], '*', 'k', ARGV[1], 'b', ARGV[2], 'r', ARGV[3], 'c', ARGV[4],
           't', ARGV[5])
if at[3] then
  local now = redis.call('TIME')
  if tonumber(at[4] or '0') > now[1] * 1000 + math.floor(now[2] / 1000) then
    redis.call('PUBLISH', ARGV[6] .. at[3], ARGV[7])
    return ''
  end
end
-- A running task without a worker waits for a person, or for its next attempt.
if at[5] and (ARGV[9] == '1' or at[6] == 'running') then return at[5] end
return ''
