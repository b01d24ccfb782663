# Debian's xz in a loop, and not busybox's; its encoder takes about 11.5 times the dictionary (man xz).
cat >/application/loop <<'LOOP'
while :; do
  /usr/bin/xz --stdout --lzma2=preset=6,dict=$((wss_mib * 1048576 / 12)) /application/original >/application/new.xz || exit
  /usr/bin/xz --stdout --decompress /application/new.xz | sha256sum | cmp -s - /application/original.sha256 ||
    { echo 'an archive does not hold what was compressed' >>/application/problems; exit 1; }
  mv /application/new.xz /application/last.xz
done
LOOP
setsid sh /application/loop >/application/load.log 2>&1 &
echo $! >/application/load.pid
sleep 5
