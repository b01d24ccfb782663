# Debian's PostgreSQL on the database that `prepare` has made. Durable enough for a guest without a disk. (Not with
# start-stop-daemon's own -b: its first process would end, and that is taken for a failure.)
cd /data
start-stop-daemon -S -c application -x "$(echo /usr/lib/postgresql/*/bin/postgres)" -- -D /data \
  -c shared_buffers="${wss_mib}MB" &
