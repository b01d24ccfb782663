# pgbench's own TPC-B-like transactions, four clients, flat out.
setsid /usr/lib/postgresql/*/bin/pgbench -h 127.0.0.1 -U postgres -n -c 4 -T 1000000 postgres >/application/load.log 2>&1 &
echo $! >/application/load.pid
sleep 3
