-- commit: a worker's (or, without a lease, the service's) step: token and version checked,
-- snapshot written, events appended and published. State and events cannot diverge.
-- KEYS  task, events, live, inbox
-- ARGV  token ('' without a lease), worker, version ('' where it does not matter),
--       snapshot ('1' or ''), status, fold, state, inbox_from (MINID that stays, or ''),
--       release, progress ('1' or ''), repeated ('1' or ''), window, kept_max, retention_s,
--       then tag, type, json, id, moves for each event, as in append_guarded
-- Answers {version, cursor …}; TFNOTASK; TFENDED; TFFENCED; TFHELD holder; TFVERSION version;
-- TFPARTLY.
local task, events, live, inbox = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local token, worker, expected = ARGV[1], ARGV[2], ARGV[3]
local snapshot, fold, state = ARGV[4] == '1', ARGV[6], ARGV[7]
local inbox_from, release, progress = ARGV[8], ARGV[9] == '1', ARGV[10] == '1'
local repeated, window, kept_max = ARGV[11] == '1', tonumber(ARGV[12]), ARGV[13]
local retention_s = ARGV[14]
local kHead, kStride = 15, 5

local at = redis.call('HMGET', task, 'seq', 'end', 'st', 'holder', 'until', 'token', 'ver', 'rec')
if not at[1] then return {err = 'TFNOTASK'} end
local seq, ended, status, version = tonumber(at[1]), at[2], at[3], tonumber(at[7] or '0')
local count = (#ARGV - kHead + 1) / kStride

if repeated then
  if count > 0 then
    -- Events of a commit are stored together: all of them stand in history, or none.
    local by_tag = {}
    for _, entry in ipairs(redis.call('XREVRANGE', events, '+', '-', 'COUNT', window)) do
      by_tag[string.match(entry[1], '%-(%d+)$')] = entry
    end
    local answer = {version}
    for i = kHead, #ARGV, kStride do
      local entry = by_tag[ARGV[i]]
      local text = entry and entry[2][4]
      if text and (text == ARGV[i + 2] or string.find(text, ARGV[i + 3], 1, true)) then
        answer[#answer + 1] = entry[1]
      end
    end
    if #answer == count + 1 then return answer end
    if #answer > 1 then return {err = 'TFPARTLY'} end
  elseif snapshot and expected ~= '' and version == tonumber(expected) + 1 and
         redis.call('HGET', task, 'state') == state then
    return {version}
  end
end
if ended then return {err = 'TFENDED'} end
if token ~= '' then
  if at[6] ~= token or at[4] ~= worker then return {err = 'TFFENCED'} end
elseif at[4] then
  local now = redis.call('TIME')
  if tonumber(at[5] or '0') > now[1] * 1000 + math.floor(now[2] / 1000) then
    return {err = 'TFHELD ' .. at[4]}
  end
end
if expected ~= '' and version ~= tonumber(expected) then return {err = 'TFVERSION ' .. version} end

local terminal = false
local moved = status
for i = kHead, #ARGV, kStride do
  if terminal then return {err = 'TFENDED'} end
  local moves = ARGV[i + 4]
  if moves ~= '' then
    terminal = string.sub(moves, 1, 1) == '!'
    moved = string.match(',' .. string.gsub(moves, '^!', '') .. ',', ',' .. moved .. '=(%a+),')
      or moved
  end
end
if snapshot and not terminal then moved = ARGV[5] end

local answer = {version}
for i = kHead, #ARGV, kStride do
  seq = seq + 1
  local cursor = seq .. '-' .. ARGV[i]
  answer[#answer + 1] = cursor
  redis.call('XADD', events, 'MAXLEN', '~', kept_max, cursor, 't', ARGV[i + 1], 'e', ARGV[i + 2])
end
local set = {'st', moved}
if count > 0 then
  set[3], set[4], set[5], set[6] = 'seq', seq, 'tag', ARGV[#ARGV - 4]
end
if snapshot then
  version = version + 1
  answer[1] = version
  for _, word in ipairs({'ver', version, 'fold', fold, 'state', state}) do set[#set + 1] = word end
  if count > 0 then
    set[#set + 1] = 'folded'
    set[#set + 1] = answer[#answer]
  end
end
if terminal then
  set[#set + 1] = 'end'
  set[#set + 1] = '1'
end
redis.call('HSET', task, unpack(set))
if inbox_from ~= '' then redis.call('XTRIM', inbox, 'MINID', '=', inbox_from) end
if progress and token ~= '' then redis.call('HDEL', task, 'claims') end
-- A claim that ended in good order does not count against the task.
if release or terminal then redis.call('HDEL', task, 'holder', 'until', 'nonce', 'claims') end
if terminal then
  redis.call('EXPIRE', task, retention_s)
  redis.call('EXPIRE', events, retention_s)
  redis.call('EXPIRE', inbox, retention_s)
end
local n = 2
for i = kHead, #ARGV, kStride do
  redis.call('PUBLISH', live, answer[n] .. ' ' .. ARGV[i + 1] .. ' ' .. ARGV[i + 2])
  n = n + 1
end
return answer
