/**
 * The mark that a controller leaves in a domain's metadata, so that controllers on other machines see who drives
 * it. Pure: its text, and what a second taker may conclude from looking at it.
 *
 * It is an element of a namespace of its own. The domain's settings for `switchover watch` stand beside it in the
 * same metadata, under `urn:switchover:domain:1` (src/config/metadata.ts); neither touches the other.
 *
 * What libvirt does with it (11.3.0, tried on two hosts):
 * - While the domain migrates libvirt changes no metadata: `virsh metadata --set` waits 30 s and fails with "cannot
 *   acquire state change lock" (qemuDomainSetMetadata wants a modify job, which an outgoing migration does not
 *   admit). Reading works. So a mark is set before a migration begins, stands still while it lasts, and can
 *   neither be renewed nor removed before its end; whoever comes upon a running migration can read it only.
 * - It travels with the domain: after the migration it is found, and to be removed, on the destination.
 *
 * Hence staleness: the holder renews a counter while the domain does not migrate, and a second taker who sees
 * the counter unchanged over {@link STALE_AFTER_MS}, on its own clock, and no migration in that time, knows that
 * nobody is there. Two machines' wall clocks are never compared. While a migration runs no silence proves anything.
 */
import * as z from 'zod';
import { attributeOf, parseXml, XmlError } from './domain/xml.ts';

export const LEASE_NAMESPACE = 'urn:switchover:lease:1';

export const RENEW_EVERY_MS = 10_000;
/** Four renewals missed, and some time for a slow libvirtd. */
export const STALE_AFTER_MS = 45_000;

/** Where a controller runs: within it the lease on this machine (migration/lease.ts) knows who lives. */
export interface Place {
  /** For people. */
  readonly host: string;
  /** /proc/sys/kernel/random/boot_id: tells machines apart, and a machine from itself after a restart. */
  readonly bootId: string;
  /** `net:[4026531840]`, /proc/self/ns/net: the lease on this machine is of one network namespace. */
  readonly network: string;
}

export interface LeaseMark extends Place {
  /** Of this taking of the lease. */
  readonly id: string;
  readonly pid: number;
  /** In ISO 8601, by that machine's clock: for people. */
  readonly since: string;
  /** Goes up with each renewal. */
  readonly beat: number;
}

/** `illegible`: there is one, and no version of ours that we know has written it. */
export type Marked = LeaseMark | 'none' | 'illegible';

/** Everybody who may change the domain can write one, so only these few forms are taken, all harmless to print. */
const markSchema = z.object({
  id: z.uuid(),
  host: z.string().regex(/^[\w.:-]{1,255}$/),
  bootId: z.uuid(),
  network: z.string().regex(/^net:\[\d{1,20}\]$/),
  pid: z.coerce.number().int().positive(),
  /** As `toISOString` writes it: as many digits as anybody likes would make a sentence that nobody reads. */
  since: z.iso.datetime({ precision: 3 }),
  beat: z.coerce.number().int().nonnegative(),
});

const ATTRIBUTES = Object.keys(markSchema.shape) as (keyof LeaseMark)[];

/** @throws {z.ZodError} for what could not be read again */
export function encodeMark(mark: LeaseMark): string {
  const checked = markSchema.parse(mark);
  // None of the characters that these forms admit has to be escaped in XML.
  return `<lease ${ATTRIBUTES.map((name) => `${name}="${checked[name]}"`).join(' ')}/>`;
}

/** @param xml the element as `virsh metadata` prints it; nothing but blanks: there is none */
export function decodeMark(xml: string): Marked {
  if (xml.trim() === '') return 'none';
  try {
    const element = parseXml(xml);
    const found = Object.fromEntries(ATTRIBUTES.map((name) => [name, attributeOf(element, name)]));
    return markSchema.safeParse(found).data ?? 'illegible';
  } catch (error) {
    if (error instanceof XmlError) return 'illegible';
    throw error;
  }
}

/** One look at a domain. */
export interface Look {
  readonly marked: Marked;
  /** On the looker's own monotonic clock. */
  readonly atMs: number;
  /** A migration of the domain is under way. */
  readonly migrating: boolean;
}

export type MarkVerdict =
  /** There is none. */
  | 'free'
  /** Its holder is dead. */
  | 'left-over'
  /** Its holder lives, or may live and nothing that could be looked at would tell. */
  | 'held'
  /** Look again until it changes or has been seen for {@link STALE_AFTER_MS}. */
  | 'undecided';

/**
 * @param looks in order, by one taker who already has the lease on its own machine; they may be of several marks
 * @param here where the taker runs
 */
export function judgeMark(
  looks: readonly Look[],
  here: Place,
  staleAfterMs: number = STALE_AFTER_MS,
): MarkVerdict {
  const last = looks.at(-1);
  if (last === undefined) return 'undecided';
  const { marked } = last;
  if (marked === 'none') return 'free';
  if (marked === 'illegible') return 'held';
  // Its process would hold the lease that the taker has.
  if (marked.bootId === here.bootId && marked.network === here.network) return 'left-over';
  if (looks.some((look) => differs(look.marked, marked))) return 'held';
  // It cannot be renewed now, so that it is not is no sign.
  if (last.migrating) return 'held';
  const sinceMs = unchangedAndIdleSince(looks, marked);
  return last.atMs - sinceMs >= staleAfterMs ? 'left-over' : 'undecided';
}

function differs(other: Marked, mark: LeaseMark): boolean {
  return typeof other !== 'string' && (other.id !== mark.id || other.beat !== mark.beat);
}

/** From when on the holder could have renewed it and did not. */
function unchangedAndIdleSince(looks: readonly Look[], mark: LeaseMark): number {
  let sinceMs = looks.at(-1)?.atMs ?? 0;
  for (const look of looks.toReversed()) {
    if (look.migrating || typeof look.marked === 'string' || differs(look.marked, mark)) break;
    sinceMs = look.atMs;
  }
  return sinceMs;
}

/** As it stands in a sentence. */
export function markInWords(marked: LeaseMark | 'illegible'): string {
  if (marked === 'illegible') return 'a controller whose mark this switchover cannot read';
  return `process ${marked.pid} on ${marked.host}, since ${marked.since}`;
}
