#!/busybox sh
# agent.sh CHANNEL: runs in the KVM host what lab/kvm/host-channel.ts asks for, one command at a time.
# A request is a line "TOKEN run SCRIPT" or "TOKEN signal NAME"; SCRIPT is shell, in base64. Each stream of output
# begins with "TOKEN begin" and ends with "TOKEN end STATUS"; so whatever an earlier command left is not taken for this one's.
b=/busybox
channel=$1
job=/run/$channel.job
exec 3<>"/dev/ports/$channel.control"
[ "$channel" = shell ] || exec 4>"/dev/ports/$channel.stdout" 5>"/dev/ports/$channel.stderr"

run() {
  # The next caller may be there before the last one was missed, and its other ports a moment later than the request.
  end
  $b sleep 0.1
  echo "$2" | $b base64 -d >"$job.sh"
  "run_on_$channel" "$1"
}

# A port can be opened once only, so the command gets pipes, which it may open again by name, as /dev/stderr.
run_on_command() {
  echo "$1 begin" >&4
  echo "$1 begin" >&5
  $b rm -f "$job.out" "$job.err"
  $b mkfifo "$job.out" "$job.err"
  $b cat <"$job.out" >&4 &
  out=$!
  $b cat <"$job.err" >&5 &
  err=$!
  lead </dev/null >"$job.out" 2>"$job.err" &
  await
  # What the command has left running may hold its output open.
  { $b sleep 5; $b kill "$out" "$err"; } 2>/dev/null &
  patience=$!
  wait "$out" "$err"
  $b kill "$patience" 2>/dev/null
  echo "$1 end $status" >&5
  echo "$1 end $status" >&4
}

# The terminal is held open before the session has it, else what is typed at once is lost; and it is opened anew after
# it, since the end of a session hangs its terminal up for all who had it open.
run_on_shell() {
  exec 4<>/dev/hvc0
  echo "$1 begin" >&4
  lead -c </dev/hvc0 >/dev/hvc0 2>&1 &
  await
  echo "$1 end $status" >/dev/hvc0
}

# Becomes the leader of a session, so that all of it can be signalled. env: the shell ignores Ctrl-C for what it starts
# in the background, and what it starts would inherit that.
lead() { exec $b setsid "$@" /usr/bin/env --default-signal /bin/sh "$job.sh" 3>&- 4>&- 5>&-; }

# Until the command just started has ended. Sets $status.
await() {
  echo $! >"$job"
  wait $!
  status=$?
  $b rm -f "$job"
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
