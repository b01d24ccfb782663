/** A command of the host as if it ran here: its output is ours, and so are Ctrl-C and the exit status. */
import type { RunningCommand } from './host-channel.ts';
import type { KvmHost } from './kvm-host.ts';

/** Ends the connection when the host does not answer: ssh has `~.`, and telnet this. */
const ESCAPE_KEY = 0x1d; // Ctrl-]
const SHELL = ['bash'];

/** The host boots in that time, and a free one answers sooner. */
const SILENCE_MS = 15_000;

/** @param command empty: a shell, which needs a terminal @returns the exit status @throws {HostEndedError} */
export async function follow(host: KvmHost, command: readonly string[]): Promise<number> {
  const { stdin, stdout } = process;
  return stdin.isTTY && stdout.isTTY
    ? await followOnTerminal(host, command.length === 0 ? SHELL : command)
    : await followStreams(host, command.length === 0 ? SHELL : command);
}

/** Without a terminal: nothing is typed, and both streams stay apart. */
export async function followStreams(host: KvmHost, command: readonly string[]): Promise<number> {
  const running = host.start(command, {
    onStdout: (chunk) => process.stdout.write(chunk),
    onStderr: (chunk) => process.stderr.write(chunk),
  });
  const interrupt = () => running.signal('INT');
  const terminate = () => running.signal('TERM');
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', terminate);
  try {
    await taken(host, running);
    return await host.explained(running.ended);
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', terminate);
  }
}

async function followOnTerminal(host: KvmHost, command: readonly string[]): Promise<number> {
  const { stdin, stdout } = process;
  const size = `stty rows ${stdout.rows} cols ${stdout.columns}`;
  const sized = ['sh', '-c', `${size}; exec "$@"`, 'sh', ...command];
  const environment = { TERM: process.env['TERM'] ?? 'linux' };
  const running = host.startOnTerminal(sized, (chunk) => stdout.write(chunk), environment);
  const pass = (keys: Buffer) => (keys.includes(ESCAPE_KEY) ? running.hangUp() : running.type(keys));
  await taken(host, running);
  process.stderr.write('lab: on the KVM host; Ctrl-] leaves it at once\r\n');
  stdin.setRawMode(true);
  stdin.on('data', pass);
  try {
    return await host.explained(running.ended);
  } finally {
    stdin.off('data', pass);
    stdin.setRawMode(false);
    stdin.pause();
  }
}

/** Until the host has taken the command up. */
async function taken(host: KvmHost, running: RunningCommand): Promise<void> {
  const timer = setTimeout(() => {
    process.stderr.write('lab: the KVM host still boots, or is at another command; waiting for it\n');
  }, SILENCE_MS);
  try {
    await host.explained(running.begun);
  } finally {
    clearTimeout(timer);
  }
}
