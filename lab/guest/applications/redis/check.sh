# Every key of the load must be there with a value that the load writes, and nothing else.
keys=$(cat /application/keys)
answer=$(redis-cli EVAL "local bad, middle = 0, string.rep('x', 4072)
  for i = 0, $keys - 1 do
    local value = redis.call('GET', string.format('key:%012d', i))
    if not value or #value ~= 4096 or string.sub(value, 13, 4084) ~= middle
      or not string.match(value, '^%d+x+%d+\$') then bad = bad + 1 end
  end
  return bad .. ' bad, ' .. redis.call('DBSIZE') .. ' keys'" 0)
echo "application: redis: $answer"
[ "$answer" = "0 bad, $((keys + 256)) keys" ]
