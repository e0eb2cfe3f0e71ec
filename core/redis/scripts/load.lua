-- load: a task as stored.
-- KEYS  task, inbox
-- Answers {rec, st, fold, state, folded, ver, seq, tag, err, exec, query, streaming, queue, budget,
-- holder, signals} ('holder' only of an unexpired lease; absent ones are nil); TFNOTASK.
local task = redis.call('HMGET', KEYS[1], 'rec', 'st', 'fold', 'state', 'folded', 'ver', 'seq',
                        'tag', 'err', 'exec', 'query', 'streaming', 'queue', 'budget',
                        'holder', 'until')
if not task[1] then return {err = 'TFNOTASK'} end
local till = table.remove(task)
if task[15] then
  local now = redis.call('TIME')
  if tonumber(till or '0') <= now[1] * 1000 + math.floor(now[2] / 1000) then task[15] = false end
end
task[16] = redis.call('XRANGE', KEYS[2], '-', '+')
return task
