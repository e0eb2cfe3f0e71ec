-- read: a page of history, and where the reader's cursor stands against it.
-- KEYS  task, events
-- ARGV  after_seq, after_tag, before_seq ('' for none), newest ('' for all), limit, bytes_max
-- Answers {first or '', last, anchor, more, status or '', id, type, json, id, type, json …}
-- with anchor one of start, matches, trimmed, mismatch, ahead.
local task, events = KEYS[1], KEYS[2]
local after, limit, bytes_max = tonumber(ARGV[1]), tonumber(ARGV[5]), tonumber(ARGV[6])
local at = redis.call('HMGET', task, 'seq', 'tag', 'st')
if not at[1] then return {'', '0-0', after == 0 and 'start' or 'ahead', 0, ''} end
local last = tonumber(at[1])
local page = {'', last .. '-' .. at[2], 'start', 0, at[3] or ''}
local oldest = redis.call('XRANGE', events, '-', '+', 'COUNT', 1)[1]
if not oldest then
  if after > last then page[3] = 'ahead' elseif after > 0 then page[3] = 'trimmed' end
  return page
end
page[1] = oldest[1]
local first = tonumber(string.match(oldest[1], '^%d+'))

local from = first
if after > 0 then
  if after > last then
    page[3] = 'ahead'
  elseif after < first then
    page[3] = 'trimmed'
  else
    local there = redis.call('XRANGE', events, after, after)[1]
    if there and there[1] == ARGV[1] .. '-' .. ARGV[2] then
      page[3] = 'matches'
      from = after + 1
    else
      page[3] = 'mismatch'
    end
  end
end
local to = last
if ARGV[3] ~= '' then to = math.min(to, tonumber(ARGV[3]) - 1) end
if ARGV[4] ~= '' then from = math.max(from, to - tonumber(ARGV[4]) + 1) end

-- In portions, so that a page of large events does not first fill the script's memory. One event
-- comes in any case.
local bytes, count = 0, 0
while from <= to and count < limit and (bytes < bytes_max or count == 0) do
  local entries = redis.call('XRANGE', events, from, to, 'COUNT', math.min(limit - count, 128))
  if #entries == 0 then break end
  for _, entry in ipairs(entries) do
    local n = #page
    page[n + 1], page[n + 2], page[n + 3] = entry[1], entry[2][2], entry[2][4]
    from = tonumber(string.match(entry[1], '^%d+')) + 1
    count = count + 1
    bytes = bytes + #entry[2][4]
    if bytes >= bytes_max then break end
  end
end
if from <= to then page[4] = 1 end
return page
