/**
 * What QEMU 7.2 to 11.1 answers to each command whose answer is read (qapi/migration.json, run-state.json, control.json,
 * machine.json, misc.json, qom.json), checked before anybody reads it: one that does not fit is no answer.
 *
 * Names are QEMU's own, and so are units: they stand on each field. Strict in kind, and no more than that: what nobody
 * reads is not listed, and may be whatever it is; one that some version does not send may be missing; and a newer QEMU may
 * use words that are not listed. What was sent is handed on as it is: nothing is filtered.
 *
 * Integers above 2^53 are rounded by JSON.parse. It matters for one field only: libvirt sets `max-bandwidth`
 * to 2^63-1 for "unlimited", which reads as 2^63 and can be written back so.
 */
import { z } from 'zod';

const MOST = 2 ** 64;

/** Of bytes, pages or times something happened. */
const count = z
  .number()
  .refine(
    (value) => value >= 0 && value <= MOST && Number.isInteger(value),
    'expected a whole number from 0 to 2^64',
  );

/** Of QEMU's own clock, which nobody sets; small enough to be reckoned with as an instant. */
const milliseconds = z.int().nonnegative();

const percent = z.number().min(0).max(100);

const index = z.int().nonnegative();

/** Of an enumeration of QEMU's, or the name of something of its own. */
const word = z.string().regex(/^[\w.-]{1,100}$/, 'expected a word');

const words = z.string();

const memorySizeSummary = z.object({
  /** Bytes, from -m. */
  'base-memory': count,
  /** Bytes of hot-plugged memory; absent if this target has none. */
  'plugged-memory': count.exactOptional(),
});

/** Counters of `query-migrate.ram`. */
const ram = z.object({
  /** Bytes sent. */
  transferred: count,
  /** Bytes still to send in this pass: what the guest has dirtied since the last bitmap sync is left out in mid-pass. */
  remaining: count,
  /** Bytes of guest memory. */
  total: count,
  /** Bytes. */
  'normal-bytes': count,
  /** Bitmap syncs so far. */
  'dirty-sync-count': index,
});

const migration = z.object({
  /** Absent before the first migration of this QEMU. `postcopy-recover-setup` since 9.1, `postcopy-device` since 10.2. */
  status: word.exactOptional(),
  /** On the source, from 'active' on. */
  ram: ram.exactOptional(),
  'total-time': milliseconds.exactOptional(),
  /** Once completed. Counted from QEMU's own switchover: wrong after `stop`. */
  downtime: milliseconds.exactOptional(),
  /** Present once auto-converge has begun to throttle. */
  'cpu-throttle-percentage': percent.exactOptional(),
  'error-desc': words.exactOptional(),
  /** Present and not empty if this QEMU cannot be migrated now. */
  'blocked-reasons': z.array(words).exactOptional(),
  /** On the destination, completed, with `postcopy-blocktime` on. Milliseconds in which all vCPUs waited for pages. */
  'postcopy-blocktime': milliseconds.exactOptional(),
  /** The same of each vCPU. */
  'postcopy-vcpu-blocktime': z.array(milliseconds).exactOptional(),
  /** Since 10.1, unstable. Nanoseconds from asking for a page to having it, on average; 0: none was asked for. */
  'postcopy-latency': count.exactOptional(),
  /** On the destination: where it listens, which says that it does. */
  'socket-address': z.array(z.unknown()).exactOptional(),
});

const capability = z.object({
  /** Such as 'events', 'auto-converge', 'postcopy-ram', 'multifd', 'switchover-ack' (8.1). */
  capability: word,
  state: z.boolean(),
});

/** Every QEMU sends those that it has, and its schema calls each of them optional. */
const parameters = z
  .object({
    'downtime-limit': milliseconds,
    /** Bytes per second; does not limit the stop-and-copy. */
    'max-bandwidth': count,
    /** Since 8.2. Bytes per second; 0: QEMU estimates. */
    'avail-switchover-bandwidth': count,
    'multifd-channels': index,
    /** 'none', 'zlib', 'zstd', 'qatzip', 'qpl' or 'uadk'. */
    'multifd-compression': word,
    'multifd-zstd-level': index,
    'throttle-trigger-threshold': percent,
    'cpu-throttle-initial': percent,
    'cpu-throttle-increment': percent,
    'cpu-throttle-tailslow': z.boolean(),
    'max-cpu-throttle': percent,
    'tls-creds': words.nullable(),
    'tls-hostname': words.nullable(),
    'tls-authz': words.nullable(),
  })
  .exactPartial();

const dirtyRate = z.object({
  /** 'unstarted', 'measuring' or 'measured'. */
  status: word,
  /** MiB/s; present once 'measured'; -1 where it could not be measured (migration/dirtyrate.c). */
  'dirty-rate': z.int().min(-1).exactOptional(),
});

const REPLY_SCHEMAS = {
  'query-status': z.object({ status: word }),
  'query-name': z.object({ name: words.exactOptional() }),
  'query-uuid': z.object({ UUID: words }),
  'query-cpus-fast': z.array(z.object({ 'cpu-index': index, 'thread-id': index })),
  /** Deprecated since 11.0. */
  'query-kvm': z.object({ enabled: z.boolean() }),
  /** Since 10.2. */
  'query-accelerators': z.object({ enabled: word }),
  'qom-list': z.array(z.object({ type: words })),
  'query-memory-size-summary': memorySizeSummary,
  'query-migrate': migration,
  'query-migrate-parameters': parameters,
  'query-migrate-capabilities': z.array(capability),
  'query-dirty-rate': dirtyRate,
} as const;

type Schemas = typeof REPLY_SCHEMAS;

/** What was read is nobody's to change. */
type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;

export type Reply<C extends keyof Schemas> = Frozen<z.infer<Schemas[C]>>;

/** What is wrong with an answer, in words; undefined where nothing is, or nobody reads it. */
export function faultOfReply(command: string, value: unknown): string | undefined {
  return Object.hasOwn(REPLY_SCHEMAS, command)
    ? faultOf(REPLY_SCHEMAS[command as keyof Schemas], value)
    : undefined;
}

function faultOf(schema: z.ZodType, value: unknown): string | undefined {
  const [issue] = schema.safeParse(value).error?.issues ?? [];
  if (issue === undefined) return undefined;
  const where = issue.path.length > 0 ? issue.path.join('.') : 'the whole of it';
  return `${where}: ${issue.message.replace(/^Invalid input: /, '')}`;
}
