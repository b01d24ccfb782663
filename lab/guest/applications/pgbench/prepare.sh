# Run once, when the image is built, in a chroot of it: a database with pgbench's tables in /data.
set -e
PATH=$(echo /usr/lib/postgresql/*/bin):$PATH
initdb --pgdata=/data --username=postgres --auth=trust --no-locale --encoding=UTF8 --data-checksums --no-sync \
  --wal-segsize=1 >/dev/null
cat >>/data/postgresql.conf <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = off
jit = off
min_wal_size = 4MB
max_wal_size = 32MB
autovacuum_naptime = 10s
log_min_messages = fatal
CONF
# Little write-ahead log is left behind: it would be in every guest's memory.
postgres -D /data -c listen_addresses= -c unix_socket_directories=/data \
  -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=4MB -c log_checkpoints=off >/dev/null &
until pg_isready -q -h /data; do sleep 0.1; done
pgbench -h /data -U postgres -i -q -s 2 postgres 2>/dev/null
psql -h /data -U postgres -q -c 'CREATE TABLE record (id int PRIMARY KEY, text text NOT NULL)' postgres
kill -INT $!
wait
