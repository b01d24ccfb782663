# libmemcached's memaslap, flat out: nine of ten requests set a new item of 16 KiB, the others get one. Steady
# once the cache is full and evicts. (Its -v is no check: in 1.1.4 it compares one byte off.)
cat >/application/memaslap.cnf <<CNF
key
32 32 1
value
16384 16384 1
cmd
0 0.9
1 0.1
CNF
setsid memcaslap -s 127.0.0.1:11211 -F /application/memaslap.cnf -T 1 -c 16 -w 1k -t 1000000s \
  >/application/load.log 2>&1 &
echo $! >/application/load.pid
evictions() { printf 'stats\r\nquit\r\n' | nc 127.0.0.1 11211 | sed -n 's/^STAT evictions \([0-9]*\).*/\1/p'; }
until [ "$(evictions)" -gt 0 ]; do
  [ -d "/proc/$(cat /application/load.pid)" ] || { cat /application/load.log; exit 1; }
  sleep 0.3
done
sleep 1
