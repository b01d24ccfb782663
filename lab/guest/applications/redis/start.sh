# Debian's redis-server, with nothing kept on disk.
redis-server --bind 127.0.0.1 --save '' --lua-time-limit 0 >/application/redis.log 2>&1 &
