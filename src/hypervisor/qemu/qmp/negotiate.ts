import type { QemuVersion } from '../../qemu-rules/version.ts';
import type { Connection } from './connection.ts';
import { QmpNegotiationError } from './errors.ts';
import { type Message, parseMessage } from './message.ts';
import { afterReading } from './read-first.ts';

/** What greeting and capabilities agreed on. */
export interface Session {
  readonly version: QemuVersion;
  /** Out-of-band commands are enabled. */
  readonly oob: boolean;
  /** When the capabilities were asked for, by the connection's clock: QEMU sends no event before. */
  readonly askedMs: number;
}

const CAPABILITIES_ID = 'qmp_capabilities';

/**
 * Awaits the greeting and leaves capabilities mode, with out-of-band execution when QEMU offers it.
 *
 *   <- {"QMP": {"version": {...}, "capabilities": ["oob"]}}
 *   -> {"execute": "qmp_capabilities", "arguments": {"enable": ["oob"]}, "id": "qmp_capabilities"}
 *   <- {"return": {}, "id": "qmp_capabilities"}
 *
 * @param greetingMs until the greeting: a QEMU whose monitor another client holds never sends it
 * @param answerMs from then on: the main loop of one that migrates on a busy machine may take seconds
 * @throws QmpNegotiationError (see its codes), QmpClosedError if the peer hangs up without a word. The
 *   connection is closed then.
 */
export async function negotiate(
  connection: Connection,
  greetingMs: number,
  answerMs: number,
): Promise<Session> {
  const expiry = new AbortController();
  const deadline = expiry.signal;
  const { clock } = connection;
  let calledOff = afterReading(clock, greetingMs, () => expiry.abort());
  let greeted = false;
  try {
    const { version, oob } = await readGreeting(connection, deadline);
    greeted = true;
    calledOff();
    calledOff = afterReading(clock, answerMs, () => expiry.abort());
    const askedMs = clock.now();
    const enable = oob ? { arguments: { enable: ['oob'] } } : {};
    connection.send(JSON.stringify({ execute: 'qmp_capabilities', ...enable, id: CAPABILITIES_ID }));
    await readAcceptance(connection, deadline);
    return { version, oob, askedMs };
  } catch (error) {
    connection.close();
    if (error instanceof QmpNegotiationError) throw error;
    const { path, unfinishedLine } = connection;
    if (!greeted && unfinishedLine.length > 0) {
      throw new QmpNegotiationError(path, 'not-qmp', { received: unfinishedLine, cause: error });
    }
    if (error !== deadline.reason) throw error;
    throw greeted
      ? new QmpNegotiationError(path, 'no-answer', { waitedMs: answerMs })
      : new QmpNegotiationError(path, 'busy', { waitedMs: greetingMs });
  } finally {
    calledOff();
  }
}

async function readGreeting(
  connection: Connection,
  stop: AbortSignal,
): Promise<Message & { kind: 'greeting' }> {
  const { bytes } = await connection.readLine(stop);
  const message = parseMessage(bytes);
  if (message.kind === 'greeting') return message;
  throw new QmpNegotiationError(connection.path, 'not-qmp', { received: bytes });
}

/** Skips what is not for us: QEMU may still answer a command of the client before us. */
async function readAcceptance(connection: Connection, stop: AbortSignal): Promise<void> {
  for (;;) {
    const { bytes } = await connection.readLine(stop);
    const message = parseMessage(bytes);
    if (message.kind === 'return' && message.id === CAPABILITIES_ID) return;
    if (message.kind === 'error' && message.id === CAPABILITIES_ID) {
      throw new QmpNegotiationError(connection.path, 'refused-capabilities', { received: bytes });
    }
    if (message.kind === 'invalid' || message.kind === 'greeting') {
      throw new QmpNegotiationError(connection.path, 'not-qmp', { received: bytes });
    }
  }
}
