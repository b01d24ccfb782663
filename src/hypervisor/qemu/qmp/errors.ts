/**
 * What can go wrong on a QMP connection: one class for each cause that a caller can act on.
 *
 *   Error
 *   └── QmpError                 base: `code` says which case, `cause` what lay underneath
 *       ├── QmpConnectError      the socket could not be opened; nothing was sent
 *       ├── QmpNegotiationError  the socket opened, but no QMP session came about; no command was sent
 *       ├── QmpProtocolError     the peer broke the protocol mid-session; the connection was given up
 *       ├── QmpClosedError       the connection is closed; `sent` says whether the command may have run
 *       ├── QmpCommandError      QEMU refused or failed the command; the connection is fine
 *       ├── QmpReplyError        QEMU answered what it never answers; the connection is fine, the command was run
 *       └── QmpTimeoutError      no answer in time; the connection is fine, the command may still run
 */

import { showBytes } from './show-bytes.ts';

/** Base of every error of this QMP client. */
export abstract class QmpError extends Error {
  /** Which case of the class this is; stable, for programs. */
  abstract readonly code: string;

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = new.target.name;
  }
}

export type QmpConnectCode =
  | 'no-socket'
  | 'refused'
  | 'permission'
  | 'not-a-socket'
  | 'path-too-long'
  | 'other';

/** The socket could not be opened. Nothing was sent, and QEMU knows nothing of us. */
export class QmpConnectError extends QmpError {
  readonly code: QmpConnectCode;
  readonly path: string;

  constructor(path: string, code: QmpConnectCode, cause?: unknown) {
    super(connectMessage(path, code, cause), cause);
    this.path = path;
    this.code = code;
  }
}

function connectMessage(path: string, code: QmpConnectCode, cause: unknown): string {
  switch (code) {
    case 'no-socket':
      return `No QMP socket at ${path}: check the path, and that QEMU runs with -qmp unix:${path},server=on,wait=off.`;
    case 'refused':
      return `Nobody listens on the QMP socket ${path}: the QEMU that made it has exited; start it again or remove the file.`;
    case 'permission':
      return `No permission to open the QMP socket ${path}: run as the user that QEMU runs as, or as root.`;
    case 'not-a-socket':
      return `${path} is not a stream socket: give the path of QEMU's QMP socket.`;
    case 'path-too-long':
      return `The QMP socket path ${path} has ${Buffer.byteLength(path)} bytes and Linux allows 107: use a relative path or a symbolic link.`;
    case 'other':
      return `Cannot open the QMP socket ${path}: ${cause instanceof Error ? cause.message : String(cause)}.`;
  }
}

export type QmpNegotiationCode = 'not-qmp' | 'busy' | 'refused-capabilities' | 'no-answer';

/** What is known when negotiation fails, beyond the code. */
export interface QmpNegotiationDetail {
  /** What the peer sent, for 'not-qmp' and 'refused-capabilities'. */
  readonly received?: Uint8Array;
  /** How long we waited, for 'busy' and 'no-answer'. */
  readonly waitedMs?: number;
  readonly cause?: unknown;
}

/**
 * The socket opened, but no QMP session came about:
 * - `not-qmp`: the peer spoke, but not QMP (the human monitor, SSH, HTTP...);
 * - `busy`: no greeting. QEMU serves one QMP client at a time and leaves the next one waiting in silence;
 * - `refused-capabilities`: QEMU answered `qmp_capabilities` with an error;
 * - `no-answer`: QEMU greeted us, then did not answer `qmp_capabilities`.
 */
export class QmpNegotiationError extends QmpError {
  readonly code: QmpNegotiationCode;
  readonly path: string;

  constructor(path: string, code: QmpNegotiationCode, detail: QmpNegotiationDetail = {}) {
    super(negotiationMessage(path, code, detail), detail.cause);
    this.path = path;
    this.code = code;
  }
}

function negotiationMessage(path: string, code: QmpNegotiationCode, detail: QmpNegotiationDetail): string {
  const received = showBytes(detail.received ?? new Uint8Array());
  const within = detail.waitedMs === undefined ? '' : ` within ${detail.waitedMs} ms`;
  switch (code) {
    case 'not-qmp':
      return `${path} does not speak QMP, it sent ${received}: give the socket of a QMP monitor (-qmp, or -mon with mode=control).`;
    case 'busy':
      return `No QMP greeting from ${path}${within}: another client (libvirt, a second controller) holds this monitor, QEMU hangs, or this is no monitor; close the other client, or give QEMU a second -qmp socket.`;
    case 'refused-capabilities':
      return `QEMU at ${path} refused qmp_capabilities with ${received}: the session cannot start; report this with the QEMU version.`;
    case 'no-answer':
      return `QEMU at ${path} sent its greeting but did not answer qmp_capabilities${within}: its main loop hangs; look at its log and its storage.`;
  }
}

export type QmpProtocolCode = 'not-json' | 'not-a-message' | 'no-id' | 'line-too-long';

const PROTOCOL_FAULT: Record<QmpProtocolCode, string> = {
  'not-json': 'something that is not JSON',
  'not-a-message': 'JSON that is no QMP message',
  'no-id': 'an answer without the id of a command',
  'line-too-long': 'a line longer than 10 MB',
};

/**
 * The peer broke the protocol in mid-session. From then on no answer can be trusted to belong to its command,
 * so the connection is given up: pending commands reject with a `QmpClosedError` that has this as its cause.
 */
export class QmpProtocolError extends QmpError {
  readonly code: QmpProtocolCode;
  readonly path: string;

  constructor(path: string, code: QmpProtocolCode, received: Uint8Array) {
    super(
      `QEMU at ${path} sent ${PROTOCOL_FAULT[code]}, ${showBytes(received)}: the connection was given up; connect again and query the state.`,
    );
    this.path = path;
    this.code = code;
  }
}

export type QmpClosedCode = 'hung-up' | 'closed-here' | 'gave-up';

/** What is known about a closed connection, beyond the code. */
export interface QmpClosedDetail {
  /** The command that got no answer. */
  readonly command?: string;
  /** True if the command had been written, so that QEMU may have run it. */
  readonly sent?: boolean;
  readonly cause?: unknown;
}

/**
 * The connection is closed: `hung-up` by QEMU (it exited, or was told to disconnect), `closed-here` by
 * `close()`, `gave-up` because of a `QmpProtocolError` (the cause).
 */
export class QmpClosedError extends QmpError {
  readonly code: QmpClosedCode;
  readonly path: string;
  readonly command: string | undefined;
  /** True if `command` had been written: whether it took effect is unknown. */
  readonly sent: boolean;

  constructor(path: string, code: QmpClosedCode, detail: QmpClosedDetail = {}) {
    super(closedMessage(path, code, detail), detail.cause);
    this.path = path;
    this.code = code;
    this.command = detail.command;
    this.sent = detail.sent ?? false;
  }
}

function closedMessage(path: string, code: QmpClosedCode, { command, sent, cause }: QmpClosedDetail): string {
  const what = {
    'hung-up': `QEMU closed the QMP connection ${path}`,
    'closed-here': `The QMP connection ${path} was closed by this program`,
    'gave-up': `The QMP connection ${path} was given up`,
  }[code];
  const why = code === 'gave-up' && cause instanceof Error ? ` (${cause.message})` : '';
  if (command === undefined) return `${what}${why}: see whether the QEMU process still runs, and its log.`;
  if (sent !== true) return `${what}${why}, so ${command} was not sent: connect again.`;
  return `${what}${why} before it answered ${command}, which may have taken effect: see whether QEMU still runs, and query the state before repeating it.`;
}

/** QEMU answered the command with an error. The connection is fine. */
export class QmpCommandError extends QmpError {
  readonly code = 'command-failed';
  readonly command: string;
  /** QEMU's class: 'GenericError' nearly always, else 'CommandNotFound', 'DeviceNotFound', ... */
  readonly errorClass: string;
  /** QEMU's own sentence. For people: QEMU changes its wording between versions. */
  readonly desc: string;

  constructor(path: string, command: string, errorClass: string, desc: string) {
    const hint = errorClass === 'CommandNotFound' ? ' This QEMU may be too old or too new for it.' : '';
    super(`QEMU at ${path} refused ${command}: ${desc} (${errorClass}).${hint}`);
    this.command = command;
    this.errorClass = errorClass;
    this.desc = desc;
  }
}

/**
 * QEMU answered the command, but not in the way that QEMU does, so that nothing is known of what it was asked. The
 * connection is fine: every answer still belongs to its command. It is neither a refusal nor a QEMU that has ended.
 */
export class QmpReplyError extends QmpError {
  readonly code = 'unreadable-reply';
  readonly command: string;

  /** @param fault which part of it, and what is wrong there */
  constructor(path: string, command: string, fault: string) {
    super(
      `QEMU at ${path} answered ${command} with what QEMU never answers (${fault}), which is not gone by: report this with the QEMU version.`,
    );
    this.command = command;
  }
}

/** No answer in time. The connection stays usable, and an answer that comes later is dropped. */
export class QmpTimeoutError extends QmpError {
  readonly code = 'timeout';
  readonly command: string;
  readonly timeoutMs: number;

  constructor(path: string, command: string, timeoutMs: number) {
    super(
      `QEMU at ${path} did not answer ${command} within ${timeoutMs} ms and may still run it: query the state before repeating it.`,
    );
    this.command = command;
    this.timeoutMs = timeoutMs;
  }
}

/** Whether QEMU said no, and nothing was left open. */
export function isRefusal(error: unknown): error is QmpCommandError {
  return error instanceof QmpCommandError;
}
