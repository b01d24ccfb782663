# Fills the key space, then has redis-benchmark rewrite it at random, flat out. A value is a number of 12 digits, x's,
# and another number: both pages that hold it change with every write.
keys=$((wss_mib * 1048576 / 4096))
echo "$keys" >/application/keys
redis-cli EVAL "local value = string.rep('0', 12) .. string.rep('x', 4072) .. string.rep('0', 12)
  for i = 0, $keys - 1 do redis.call('SET', string.format('key:%012d', i), value) end
  return redis.call('DBSIZE')" 0 || exit
value=__rand_int__$(head -c 4072 /dev/zero | tr '\0' x)__rand_int__
setsid redis-benchmark -c 8 -P 8 -r "$keys" -n 1000000000 -q SET key:__rand_int__ "$value" \
  >/application/load.log 2>&1 &
echo $! >/application/load.pid
sleep 2
