-- bridge: append what a listener heard on a channel, once however many listeners hand it in.
-- An event that its publisher named (no listener given) is known by its key. Others that look the
-- same share a key and are counted for each listener: the k-th that it heard is the k-th stored. An
-- append from before a listener began, or older than the window, is none that it now hands in.
-- KEYS  task, events, live, inbox, seen, seen_before
-- ARGV  record ('': the task must be there), fold, window_ms, seen_max, spans_max,
--       look_back (entries of history in which ids are looked for, 0 for none), kept_max,
--       retention_s, then tag, type, json, id, moves (as in append_guarded), key, listener (''
--       where the key is the event's own), since_us, serial (grows with each event that the
--       listener hands in; the same again in a repeated call) for each event
-- Answers a number for each event: its seq; 0 seen; -1 ended; -2 held by a worker. TFNOTASK.
local task, events, live, inbox = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local seen, seen_before = KEYS[5], KEYS[6]
local record, window_ms = ARGV[1], tonumber(ARGV[3])
local seen_max, spans_max, look_back = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local kept_max, retention_s = ARGV[7], ARGV[8]
local kHead, kStride, kListenersMax = 9, 9, 16

local at = redis.call('HMGET', task, 'seq', 'end', 'st', 'holder', 'until', 'bridged')
if not at[1] and record == '' then return {err = 'TFNOTASK'} end
local seq, ended, status = tonumber(at[1] or '0'), at[2], at[3] or 'submitted'
local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local held = at[4] and tonumber(at[5] or '0') > math.floor(now_us / 1000)
local oldest_us = now_us - window_ms * 1000

local keys = {}
for i = kHead, #ARGV, kStride do keys[#keys + 1] = ARGV[i + 5] end
local young = redis.call('HMGET', seen, unpack(keys))
local old = redis.call('HMGET', seen_before, unpack(keys))
local known = {}  -- Within this call.

local by_tag = {}
if look_back > 0 and seq > 0 then
  for _, entry in ipairs(redis.call('XREVRANGE', events, '+', '-', 'COUNT', look_back)) do
    local tag = string.match(entry[1], '%-(%d+)$')
    by_tag[tag] = by_tag[tag] or {}
    table.insert(by_tag[tag], entry[2][4])
  end
end
local function in_history(tag, id)
  for _, text in ipairs(by_tag[tag] or {}) do
    if string.find(text, id, 1, true) then return true end
  end
  return false
end

-- Appends that look the same are counted by spans of time: first, last, how many, flat and oldest
-- first. A span that may hold some of what the listener hands in is taken to hold nothing else: a
-- listener that counts too low hands in what is seen, one that counts too high stores it twice.
local function passed_by(state, since_us)
  local from = math.max(since_us, oldest_us)
  local count = state.n
  for i = #state.spans - 2, 1, -3 do
    if state.spans[i + 1] < from then break end
    count = count - state.spans[i + 2]
  end
  return count
end
local function count_append(state)
  state.n = state.n + 1
  local spans = state.spans
  if spans[#spans - 1] == now_us then
    spans[#spans] = spans[#spans] + 1
    return
  end
  for _, number in ipairs({now_us, now_us, 1}) do spans[#spans + 1] = number end
  if #spans <= 3 * spans_max then return end
  -- All older than the window are passed for everybody; the older half of the others in twos.
  local kept, old_end = {}, 3 * math.floor(spans_max / 2)
  local is_open = false
  for i = 1, #spans, 3 do
    if is_open then
      kept[#kept - 1], kept[#kept] = spans[i + 1], kept[#kept] + spans[i + 2]
      is_open = false
    elseif spans[i + 1] >= oldest_us then
      for n = i, i + 2 do kept[#kept + 1] = spans[n] end
      is_open = i < old_end
    end
  end
  state.spans = kept
end
local function forget_listeners(state)
  local count = 0
  for _ in pairs(state.by) do count = count + 1 end
  if count <= kListenersMax then return end
  for name, heard in pairs(state.by) do
    if heard[2] < oldest_us then state.by[name] = nil end
  end
end

local answer, appended, set = {}, {}, {}
local tag
local ends = false
for n = 1, #keys do
  local i = kHead + (n - 1) * kStride
  local key, listener = keys[n], ARGV[i + 6]
  local value = known[key]
  if value == nil then value = young[n] or old[n] end
  local state
  local is_seen = value
  if listener ~= '' then
    state = known[key] or (value and cmsgpack.unpack(value)) or {n = 0, spans = {}, by = {}}
    known[key] = state
    local before = state.by[listener] or {0, 0, 0}
    local serial = tonumber(ARGV[i + 8])
    is_seen = serial <= before[3]
    if not is_seen then
      local count = math.max(before[1], passed_by(state, tonumber(ARGV[i + 7]))) + 1
      is_seen = count <= state.n
      state.by[listener] = {count, now_us, serial}
      forget_listeners(state)
    end
    if not is_seen then
      -- Whatever becomes of it: the others' copies are this one, not the next.
      count_append(state)
    end
  end
  if is_seen or in_history(ARGV[i], ARGV[i + 3]) then
    answer[n] = 0
  elseif ended or ends then
    answer[n] = -1
  elseif ARGV[i + 4] ~= '' and held then
    answer[n] = -2
  else
    local moves = ARGV[i + 4]
    if moves ~= '' then
      ends = string.sub(moves, 1, 1) == '!'
      local row = ',' .. string.gsub(moves, '^!', '') .. ','
      status = string.match(row, ',' .. status .. '=(%a+),') or status
    end
    seq = seq + 1
    tag = ARGV[i]
    answer[n] = seq
    appended[#appended + 1] = i
    redis.call('XADD', events, 'MAXLEN', '~', kept_max, seq .. '-' .. tag, 't', ARGV[i + 1], 'e',
               ARGV[i + 2])
    if not state then
      known[key] = '1'
      set[#set + 1], set[#set + 2] = key, '1'
    end
  end
end

for key, state in pairs(known) do
  if type(state) == 'table' then set[#set + 1], set[#set + 2] = key, cmsgpack.pack(state) end
end
if #appended > 0 then
  redis.call('HSET', task, 'seq', seq, 'tag', tag, 'st', status)
  if not at[1] then
    redis.call('HSET', task, 'ver', 0, 'rec', record, 'fold', ARGV[2], 'bridged', '1')
  end
  if ends then
    redis.call('HSET', task, 'end', '1')
    redis.call('HDEL', task, 'holder', 'until')
  end
  -- Its publisher may stop without a last word: a stream that was made here goes after a while.
  if ends or at[6] or not at[1] then
    for _, name in ipairs({task, events, inbox}) do redis.call('EXPIRE', name, retention_s) end
  end
end
if #set > 0 then
  redis.call('HSET', seen, unpack(set))
  redis.call('HSETNX', seen, '@', now_us)
  redis.call('PEXPIRE', seen, 2 * window_ms)
  -- Two generations: what is seen is known for at least a window, and goes without being looked at.
  local began_us = tonumber(redis.call('HGET', seen, '@'))
  if began_us <= oldest_us or redis.call('HLEN', seen) > seen_max then
    redis.call('RENAME', seen, seen_before)
    redis.call('PEXPIRE', seen_before, window_ms)
  end
end
for _, i in ipairs(appended) do
  local n = (i - kHead) / kStride + 1
  redis.call('PUBLISH', live,
             answer[n] .. '-' .. ARGV[i] .. ' ' .. ARGV[i + 1] .. ' ' .. ARGV[i + 2])
end
return answer
