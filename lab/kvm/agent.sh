#!/busybox sh
# agent.sh CHANNEL: runs in the KVM host what lab/kvm/host-channel.ts asks for, one command at a time.
# A request is a line "TOKEN run SCRIPT" or "TOKEN signal NAME"; SCRIPT is shell, in base64. Each stream of output
# begins with "TOKEN begin" and ends with "TOKEN end STATUS"; so whatever an earlier command left is not taken for this one's.
b=/busybox
channel=$1
exec 3<>"/dev/ports/$channel.control"
case $channel in
  command) exec 4>"/dev/ports/$channel.stdout" 5>"/dev/ports/$channel.stderr" ;;
  shell) exec 4<>/dev/hvc0 5>/dev/null ;;
esac
job=/run/$channel.job

# As the leader of a session, so that all of it can be signalled. env: the shell ignores Ctrl-C for what it starts
# in the background, and what it starts would inherit that.
start() {
  case $channel in
    command) exec $b setsid /usr/bin/env --default-signal /bin/sh "$job.sh" </dev/null >&4 2>&5 3>&- 4>&- 5>&- ;;
    shell) exec $b setsid -c /usr/bin/env --default-signal /bin/sh "$job.sh" <&4 >&4 2>&1 3>&- 4>&- 5>&- ;;
  esac
}

run() {
  # The next caller may be there before the last one was missed, and its other ports a moment later than the request.
  end
  $b sleep 0.1
  echo "$2" | $b base64 -d >"$job.sh"
  echo "$1 begin" >&4
  echo "$1 begin" >&5
  start &
  echo $! >"$job"
  wait $!
  status=$?
  $b rm -f "$job"
  echo "$1 end $status" >&5
  echo "$1 end $status" >&4
}

signal() { [ ! -e "$job" ] || $b kill -s "$1" -- "-$($b cat "$job")"; }

# Ends what runs, if anything does.
end() {
  [ -e "$job" ] || return
  signal HUP
  $b sleep 1
  while [ -e "$job" ]; do
    signal KILL
    $b sleep 0.1
  done
}

while :; do
  while read -r token verb argument <&3; do
    case $verb in
      run) run "$token" "$argument" & ;;
      signal) signal "$argument" ;;
    esac
  done
  # Nobody is connected: whoever asked for the command has gone.
  end
  $b sleep 1
done
