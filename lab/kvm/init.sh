#!/busybox sh
# The KVM host's first program. Its root is this initramfs: /usr, /etc and /var are the machine's, the checkout and Node
# are where the machine has them, and everything else is the host's own. What is written to /etc, to /var or into the
# checkout stays in the host's memory and ends with it. $checkout and $node come from the kernel command line, in base64.
b=/busybox
stop() { echo "kvm host: $*"; $b poweroff -f; }
$b mount -t proc none /proc
$b mount -t sysfs none /sys
# For the brake's quota: the processors are handed down, as systemd does it.
$b mount -t cgroup2 none /sys/fs/cgroup && echo +cpu > /sys/fs/cgroup/cgroup.subtree_control
$b mount -t devtmpfs none /dev
for module in $($b cat /modules/order); do $b insmod "/modules/$module" || stop "no module $module"; done
[ -e /dev/kvm ] || stop 'there is no /dev/kvm'

# see TAG FOLDER: read-only as the machine has it. cache=loose: the machine's files are taken not to change meanwhile.
see() {
  $b mkdir -p "$2"
  $b mount -t 9p -o "trans=virtio,version=9p2000.L,ro,msize=262144,cache=loose" "$1" "$2" || stop "no $2"
}
# over TAG FOLDER: the same, with the host's own changes on top
over() {
  see "$1" "/mnt/$1"
  $b mkdir -p "$2" "/run/over/$1" "/run/workdir/$1"
  $b mount -t overlay -o "lowerdir=/mnt/$1,upperdir=/run/over/$1,workdir=/run/workdir/$1" "$1" "$2" || stop "no $2"
}
for folder in run tmp root; do $b mount -t tmpfs none /$folder; done
$b chmod 1777 /tmp
see usr /usr
over etc /etc
over var /var
over checkout "$(echo "$checkout" | $b base64 -d)"
see node "$(echo "$node" | $b base64 -d)"
$b mkdir -p /dev/pts /dev/shm /dev/ports
$b mount -t devpts none /dev/pts
$b mount -t tmpfs none /dev/shm
$b ip link set lo up
$b hostname kvm-host

# udev would make these, and name the ports.
$b ln -s /proc/self/fd /dev/fd
$b ln -s /proc/self/fd/0 /dev/stdin
$b ln -s /proc/self/fd/1 /dev/stdout
$b ln -s /proc/self/fd/2 /dev/stderr
for port in /sys/class/virtio-ports/*; do
  # The terminal has none.
  [ ! -e "$port/name" ] || $b ln -s "/dev/$($b basename "$port")" "/dev/ports/$($b cat "$port/name")"
done
$b sh /agent shell &
$b sh /agent command &
# Whoever ends without a parent is ours to bury, and a shell does that while it waits for a command of its own. libvirt,
# for one, waits 40 s for each QEMU of its probing that stays a zombie.
while :; do $b sleep 1; done
