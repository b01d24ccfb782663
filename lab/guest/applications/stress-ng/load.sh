# One worker of stress-ng over the whole working set, which reads back and checks what it writes.
setsid stress-ng --vm 1 --vm-bytes "${wss_mib}m" --vm-method "$method" --vm-keep --verify --timeout 0 \
  --temp-path /tmp >/application/load.log 2>&1 &
echo $! >/application/load.pid
# Steady once the worker has all its memory.
until rss=$(cat /proc/[0-9]*/status | sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' | sort -n | tail -n 1) &&
  [ "$rss" -ge $((wss_mib * 1024)) ]; do
  [ -d "/proc/$(cat /application/load.pid)" ] || { cat /application/load.log; exit 1; }
  sleep 0.2
done
sleep 1
