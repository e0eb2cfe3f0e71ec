-- append_guarded: append where more must be looked at: a repeated call, a type that moves the
-- task's status, or a stream that no create() made.
-- KEYS  task, events, live, inbox
-- ARGV  repeated, create_stream ('1' or ''), window, kept_max, retention_s,
--       then tag, type, json, id, moves for each event. moves: 'from=to,from=to' for types that
--       move the status ('' for others), with '!' in front of those that end the stream.
-- Answers a cursor for each event; TFNOTASK; TFENDED; TFHELD holder.
local task, events, live, inbox = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local repeated, create_stream, window = ARGV[1] == '1', ARGV[2] == '1', tonumber(ARGV[3])
local kept_max, retention_s = ARGV[4], ARGV[5]
local kHead, kStride = 6, 5

local at = redis.call('HMGET', task, 'seq', 'end', 'st', 'holder', 'until')
if not at[1] and not create_stream then return {err = 'TFNOTASK'} end
local seq, ended, status = tonumber(at[1] or '0'), at[2], at[3] or 'submitted'

-- Which of the events stand in history already: same tag, and the same id or text.
local cursors = {}
local known = 0
if repeated and seq > 0 then
  local by_tag = {}
  for _, entry in ipairs(redis.call('XREVRANGE', events, '+', '-', 'COUNT', window)) do
    by_tag[string.match(entry[1], '%-(%d+)$')] = entry
  end
  for i = kHead, #ARGV, kStride do
    local entry = by_tag[ARGV[i]]
    if entry then
      local text = entry[2][4]
      if text == ARGV[i + 2] or string.find(text, ARGV[i + 3], 1, true) then
        cursors[(i - kHead) / kStride + 1] = entry[1]
        known = known + 1
      end
    end
  end
end
local count = (#ARGV - kHead + 1) / kStride
if known == count then return cursors end
if ended then return {err = 'TFENDED'} end

local held = false
if at[4] then
  local now = redis.call('TIME')
  held = tonumber(at[5] or '0') > now[1] * 1000 + math.floor(now[2] / 1000)
end
local terminal = false
for i = kHead, #ARGV, kStride do
  if not cursors[(i - kHead) / kStride + 1] then
    if terminal then return {err = 'TFENDED'} end
    local moves = ARGV[i + 4]
    if moves ~= '' then
      if held then return {err = 'TFHELD ' .. at[4]} end
      terminal = string.sub(moves, 1, 1) == '!'
      status = string.match(',' .. string.gsub(moves, '^!', '') .. ',', ',' .. status .. '=(%a+),')
        or status
    end
  end
end

local appended = {}
local tag
for i = kHead, #ARGV, kStride do
  local n = (i - kHead) / kStride + 1
  if not cursors[n] then
    seq = seq + 1
    tag = ARGV[i]
    cursors[n] = seq .. '-' .. tag
    appended[#appended + 1] = i
    redis.call('XADD', events, 'MAXLEN', '~', kept_max, cursors[n],
      't', ARGV[i + 1], 'e', ARGV[i + 2])
  end
end
redis.call('HSET', task, 'seq', seq, 'tag', tag, 'st', status)
if terminal then
  redis.call('HSET', task, 'end', '1')
  redis.call('HDEL', task, 'holder', 'until')
  redis.call('EXPIRE', task, retention_s)
  redis.call('EXPIRE', events, retention_s)
  redis.call('EXPIRE', inbox, retention_s)
end
for _, i in ipairs(appended) do
  redis.call('PUBLISH', live,
             cursors[(i - kHead) / kStride + 1] .. ' ' .. ARGV[i + 1] .. ' ' .. ARGV[i + 2])
end
return cursors
