-- claim: the lease, where nobody holds it and something is to be done.
-- KEYS  task, inbox      ARGV  worker, lease_ms, nonce (the same call repeated has the same)
-- Answers {token, claims, signals, {the fields of load.lua up to budget}}; TFNOTASK; TFENDED;
-- TFHELD holder; TFIDLE status.
local at = redis.call('HMGET', KEYS[1], 'rec', 'end', 'st', 'holder', 'until', 'nonce', 'token',
  'claims')
if not at[1] then return {err = 'TFNOTASK'} end
if at[2] then return {err = 'TFENDED'} end
local now = redis.call('TIME')
local now_ms = now[1] * 1000 + math.floor(now[2] / 1000)
local token, claims = tonumber(at[7] or '0'), tonumber(at[8] or '0')
local signals = redis.call('XRANGE', KEYS[2], '-', '+')
if at[6] ~= ARGV[3] or not at[4] then
  if at[4] and tonumber(at[5] or '0') > now_ms then return {err = 'TFHELD ' .. at[4]} end
  if at[3] == 'submitted' or (at[3] == 'paused' and #signals == 0) then
    return {err = 'TFIDLE ' .. at[3]}
  end
  token = token + 1
  claims = claims + 1
  redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'until', now_ms + tonumber(ARGV[2]),
             'token', token, 'claims', claims, 'nonce', ARGV[3])
end
local answer = redis.call('HMGET', KEYS[1], 'rec', 'st', 'fold', 'state', 'folded', 'ver', 'seq',
                          'tag', 'err', 'exec', 'query', 'streaming', 'queue', 'budget')
return {token, claims, signals, answer}
