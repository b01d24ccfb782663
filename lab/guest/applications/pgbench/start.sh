# Debian's PostgreSQL on the database that `prepare` has made. Durable enough for a guest without a disk.
cd /data && start-stop-daemon -S -b -c application -x "$(echo /usr/lib/postgresql/*/bin/postgres)" -- -D /data \
  -c shared_buffers="${wss_mib}MB"
