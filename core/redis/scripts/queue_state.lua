-- queue_state: how long a queue is and who works on it. Consumers that went for good are forgotten,
-- in the same step in which they are seen to hold nothing.
-- KEYS  queue, due, workers      ARGV  group, alive_within_ms, forget_after_ms
-- Answers {entries that are not done, workers that were heard of}.
local queue, due, workers, group = KEYS[1], KEYS[2], KEYS[3], ARGV[1]
local alive_within, forget_after = tonumber(ARGV[2]), tonumber(ARGV[3])
local now = redis.call('TIME')
local now_ms = now[1] * 1000 + math.floor(now[2] / 1000)
local length = redis.call('XLEN', queue) + redis.call('ZCARD', due)
-- An idle worker is heard of when it asks for work (take.lua), a busy one when it renews its
-- leases, which touches its consumer.
local heard, alive = {}, 0
local function hear(name)
  if not heard[name] then heard[name], alive = true, alive + 1 end
end
redis.call('ZREMRANGEBYSCORE', workers, '-inf', now_ms - forget_after)
for _, name in ipairs(redis.call('ZRANGEBYSCORE', workers, now_ms - alive_within, '+inf')) do
  hear(name)
end
local consumers = redis.pcall('XINFO', 'CONSUMERS', queue, group)
if consumers.err then return {length, alive} end
for _, consumer in ipairs(consumers) do
  local facts = {}
  for i = 1, #consumer, 2 do facts[consumer[i]] = consumer[i + 1] end
  if facts.idle <= alive_within then hear(facts.name) end
  if facts.idle > forget_after and facts.pending == 0 and not heard[facts.name] then
    redis.call('XGROUP', 'DELCONSUMER', queue, group, facts.name)
  end
end
return {length, alive}
