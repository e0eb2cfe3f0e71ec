-- take_own: the entry of one task, whatever waits before it: of a worker that was started for that
-- task alone. Not noted among the workers.
-- KEYS  queue, due      ARGV  group, worker, task, redeliver_after_ms, entries_max
-- Answers the entry's id, or nil. NOGROUP.
local queue, due, group, task = KEYS[1], KEYS[2], ARGV[1], ARGV[3]
local redeliver_after, left = tonumber(ARGV[4]), tonumber(ARGV[5])
local now = redis.call('TIME')
local due_at = redis.call('ZSCORE', due, task)
if due_at and tonumber(due_at) <= now[1] * 1000 + math.floor(now[2] / 1000) then
  local added = redis.pcall('XADD', queue, '*', 'task', task)
  if not (type(added) == 'table' and added.err) then redis.call('ZREM', due, task) end
end
-- From the newest: it was put in a moment ago.
local to = '+'
while left > 0 do
  local entries = redis.call('XREVRANGE', queue, to, '-', 'COUNT', math.min(left, 500))
  if #entries == 0 then return false end
  for _, entry in ipairs(entries) do
    if entry[2][2] == task then
      local held = redis.call('XPENDING', queue, group, entry[1], entry[1], 1)[1]
      if not held or held[3] >= redeliver_after then
        redis.call('XCLAIM', queue, group, ARGV[2], 0, entry[1], 'FORCE', 'JUSTID')
        return entry[1]
      end
    end
  end
  left = left - #entries
  to = '(' .. entries[#entries][1]
end
return false
