-- queue_state: how long a queue is and who works on it. Consumers that went for good are forgotten,
-- in the same step in which they are seen to hold nothing.
-- KEYS  queue, due      ARGV  group, alive_within_ms, forget_after_ms
-- Answers {entries that are not done, workers that were heard of}.
local queue, due, group = KEYS[1], KEYS[2], ARGV[1]
local alive_within, forget_after = tonumber(ARGV[2]), tonumber(ARGV[3])
local length = redis.call('XLEN', queue) + redis.call('ZCARD', due)
local alive = 0
local consumers = redis.pcall('XINFO', 'CONSUMERS', queue, group)
if consumers.err then return {length, 0} end
for _, consumer in ipairs(consumers) do
  local facts = {}
  for i = 1, #consumer, 2 do facts[consumer[i]] = consumer[i + 1] end
  if facts.idle <= alive_within then alive = alive + 1 end
  if facts.idle > forget_after and facts.pending == 0 then
    redis.call('XGROUP', 'DELCONSUMER', queue, group, facts.name)
  end
end
return {length, alive}
