import type { QemuVersion } from '../../qemu-rules/version.ts';
import type { QmpProtocolCode } from './errors.ts';

/** One line from QEMU, told apart. What the line holds beyond these fields is ignored. */
export type Message =
  | { readonly kind: 'greeting'; readonly version: QemuVersion; readonly oob: boolean }
  | {
      readonly kind: 'event';
      readonly name: string;
      readonly data: Readonly<Record<string, unknown>>;
      readonly timestampMs: number | undefined;
    }
  | { readonly kind: 'return'; readonly id: unknown; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: unknown; readonly errorClass: string; readonly desc: string }
  | { readonly kind: 'invalid'; readonly fault: Extract<QmpProtocolCode, 'not-json' | 'not-a-message'> };

const NOT_A_MESSAGE: Message = { kind: 'invalid', fault: 'not-a-message' };

/** Reads one line. Never throws: a line that is no QMP message is told apart as 'invalid'. */
export function parseMessage(line: Buffer): Message {
  let json: unknown;
  try {
    json = JSON.parse(line.toString('utf8'));
  } catch {
    return { kind: 'invalid', fault: 'not-json' };
  }
  if (!isObject(json)) return NOT_A_MESSAGE;
  if (typeof json.event === 'string') {
    const data = isObject(json.data) ? json.data : {};
    return { kind: 'event', name: json.event, data, timestampMs: epochMs(json.timestamp) };
  }
  if ('return' in json) return { kind: 'return', id: json.id, value: json.return };
  if (isObject(json.error)) {
    const { class: errorClass, desc } = json.error;
    return {
      ...{ kind: 'error', id: json.id },
      errorClass: textOr('of no class', errorClass),
      desc: textOr('without a word', desc),
    };
  }
  if (isObject(json.QMP)) return parseGreeting(json.QMP);
  return NOT_A_MESSAGE;
}

function parseGreeting({ version, capabilities }: Record<string, unknown>): Message {
  if (!isObject(version) || !isObject(version.qemu)) return NOT_A_MESSAGE;
  const { major, minor, micro } = version.qemu;
  if (!isCount(major) || !isCount(minor) || !isCount(micro)) return NOT_A_MESSAGE;
  return {
    kind: 'greeting',
    version: { major, minor, micro, package: textOr('', version.package) },
    oob: Array.isArray(capabilities) && capabilities.includes('oob'),
  };
}

/**
 * QEMU's clock in milliseconds since the epoch, microseconds as the fraction. QEMU sends -1 when the host
 * cannot tell the time (docs/interop/qmp-spec.rst): undefined then, and for what is no time.
 */
function epochMs(timestamp: unknown): number | undefined {
  if (!isObject(timestamp)) return undefined;
  const { seconds, microseconds } = timestamp;
  if (typeof seconds !== 'number' || typeof microseconds !== 'number' || seconds < 0) return undefined;
  const ms = seconds * 1000 + Math.max(0, microseconds) / 1000;
  return Number.isFinite(ms) ? ms : undefined;
}

/** Never by `String(value)`: JSON can hold an object with a `toString` that cannot be called. */
function textOr(otherwise: string, value: unknown): string {
  return typeof value === 'string' ? value : otherwise;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
