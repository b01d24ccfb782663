# Debian's memcached. No slab is ever moved: the records' items are in a class of their own, and stay.
memcached -u root -l 127.0.0.1 -U 0 -t 1 -m "$wss_mib" -o no_slab_automove >/application/memcached.log 2>&1 &
