# memcached walks through all its lists: what it finds must be what it counts.
counted=$(printf 'stats\r\nquit\r\n' | nc 127.0.0.1 11211 | sed -n 's/^STAT curr_items \([0-9]*\).*/\1/p')
found=$(printf 'lru_crawler metadump all\r\nquit\r\n' | nc 127.0.0.1 11211 | grep -c '^key=')
echo "application: memcached: counts $counted items, finds $found"
[ "$found" -gt 0 ] && [ "$found" = "$counted" ]
