-- create: a task's record, written once.
-- KEYS  task      ARGV  record, status, fold, repeated ('1' or '')
-- Answers 1; TFEXISTS.
if redis.call('EXISTS', KEYS[1]) == 1 then
  if ARGV[4] == '1' and redis.call('HGET', KEYS[1], 'rec') == ARGV[1] then return 1 end
  return {err = 'TFEXISTS'}
end
redis.call('HSET', KEYS[1], 'seq', 0, 'tag', 0, 'ver', 0, 'st', ARGV[2], 'rec', ARGV[1],
  'fold', ARGV[3])
return 1
