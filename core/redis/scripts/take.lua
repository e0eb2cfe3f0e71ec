-- take: tasks whose time has come go into the queue; then new entries, then those of workers that
-- went silent.
-- KEYS  queue, due, workers      ARGV  group, worker, count, redeliver_after_ms
-- Answers {ms until the next deferred task (-1: none), id, task, id, task …}; NOGROUP.
local queue, due, workers = KEYS[1], KEYS[2], KEYS[3]
local group, worker, count = ARGV[1], ARGV[2], tonumber(ARGV[3])
local now = redis.call('TIME')
local now_ms = now[1] * 1000 + math.floor(now[2] / 1000)
-- Redis 7.0 notes a consumer only when it is given something; an idle worker is to be seen as well.
-- Without memory the note is left out.
redis.pcall('ZADD', workers, now_ms, worker)
local answer = {-1}
local function add(entries)
  for _, entry in ipairs(entries) do
    if entry and entry[2] then
      answer[#answer + 1] = entry[1]
      answer[#answer + 1] = entry[2][2]
    end
  end
end
for _, task in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', now_ms, 'LIMIT', 0, 100)) do
  -- Without memory they stay where they are; what is in the queue is still handed out.
  local added = redis.pcall('XADD', queue, '*', 'task', task)
  if type(added) == 'table' and added.err then break end
  redis.call('ZREM', due, task)
end
local fresh = redis.call('XREADGROUP', 'GROUP', group, worker, 'COUNT', count,
  'STREAMS', queue, '>')
if fresh then add(fresh[1][2]) end
local missing = count - (#answer - 1) / 2
if missing > 0 then
  add(redis.call('XAUTOCLAIM', queue, group, worker, ARGV[4], '0-0', 'COUNT', missing)[2])
end
local next_due = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')
if next_due[2] then answer[1] = math.max(0, tonumber(next_due[2]) - now_ms) end
return answer
