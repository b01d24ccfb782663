/**
 * One QMP command on a connection of its own: enough for the lab, which only asks whether a QEMU is up and
 * whether its guest runs. It is on purpose not switchover's client: the lab must not test a thing with itself.
 */
import { connect } from 'node:net';
import { patient } from './patience.ts';

/** The monitor said no, said nothing, or is not there. */
export class MonitorError extends Error {
  override readonly name = 'MonitorError';
}

interface MonitorMessage {
  readonly QMP?: unknown;
  readonly id?: string;
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
}

/** @returns the command's answer @throws {MonitorError} */
export async function askMonitor(
  socketPath: string,
  command: string,
  args: Record<string, unknown> = {},
  usualMs = 5_000,
): Promise<unknown> {
  const timeoutMs = patient(usualMs);
  return await new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    let received = '';
    const fail = (why: string) => {
      socket.destroy();
      reject(new MonitorError(`${command} on ${socketPath}: ${why}`));
    };
    const timer = setTimeout(
      () => fail(`no answer within ${timeoutMs} ms (is the monitor in use?)`),
      timeoutMs,
    );
    const send = (id: string, execute: string, sent: Record<string, unknown>) =>
      socket.write(`${JSON.stringify({ execute, arguments: sent, id })}\n`);
    const take = (message: MonitorMessage) => {
      if (message.QMP !== undefined) send('negotiate', 'qmp_capabilities', {});
      else if (message.error !== undefined) fail(message.error.desc);
      else if (message.id === 'negotiate') send('ask', command, args);
      else if (message.id === 'ask') {
        socket.destroy();
        resolve(message.return);
      }
    };
    socket.setEncoding('utf8');
    socket.on('error', (error) => fail(error.message));
    socket.on('end', () => fail('QEMU closed the connection'));
    socket.on('close', () => clearTimeout(timer));
    socket.on('data', (chunk: string) => {
      const lines = (received + chunk).split('\n');
      received = lines.pop() ?? '';
      for (const line of lines) if (line.trim() !== '') take(JSON.parse(line) as MonitorMessage);
    });
  });
}

/** QEMU's run state (`running`, `paused`, `inmigrate`, `postmigrate`, …); undefined when it does not answer. */
export async function runState(socketPath: string, timeoutMs = 1_000): Promise<string | undefined> {
  try {
    const status = (await askMonitor(socketPath, 'query-status', {}, timeoutMs)) as { status?: string };
    return status.status;
  } catch {
    return undefined;
  }
}
