/** Begins a migration: looks at both ends, opens the journal, and starts it. */
import type { CheckReport, Claim, Destination } from '../hypervisor/hypervisor.ts';
import { Findings } from '../hypervisor/refusal.ts';
import type { StreamTls } from '../hypervisor/stream-tls.ts';
import { sinkOf } from '../journal/journal-store.ts';
import type { MigrationView } from '../journal/view.ts';
import type { CompressedPages } from '../model/compression.ts';
import { type AutoStreams, compresses, type Streams } from '../model/streams.ts';
import { chooseStreams, isAuto } from './choose-streams.ts';
import { decline } from './decline.ts';
import { type Foreseen, foresee, GLANCE, onlySwitchovers, QUICK_LOOK, withWord } from './foresee.ts';
import { type Ends, formerAt, notInherited } from './inheritance.ts';
import { PROBE_MS } from './probe.ts';
import { leaseOf, openingOf, type Run, type RunParts, type RunWish, runFrom } from './run.ts';
import { startOptionsOf } from './start-options.ts';
import { tooFar } from './too-far.ts';

export interface BeginWish extends RunWish {
  readonly destination: Destination;
  /** Migrate although the guest may lose memory. */
  readonly force: boolean;
  /** QEMU's own way: the destination does not wait for our word. */
  readonly destinationStartsItself?: boolean | undefined;
  /** Over how many connections, and how compressed; undefined: as the hypervisor does it by itself. */
  readonly streams?: Streams | AutoStreams | undefined;
  /** Encrypt the memory on its way; undefined: as the hypervisor is set already. */
  readonly tls?: StreamTls | undefined;
}

/**
 * @throws {RefusedError} with every finding, or where another controller holds the VM
 * @throws {JournalError} when it could leave no trace: nothing is begun then
 */
export async function beginRun(wish: BeginWish, parts: RunParts): Promise<Run> {
  const { hypervisor, store } = parts;
  const { kind, limits, destination } = wish;
  const probeMs = kind.foresees && probesUnderWay(wish, parts) ? PROBE_MS : undefined;
  const options = {
    ...startOptionsOf(kind, limits, wish.force, probeMs),
    destinationStartsItself: wish.destinationStartsItself === true,
    streams: isAuto(wish.streams) ? wish.streams.otherwise : wish.streams,
    tls: wish.tls,
  };
  const report: CheckReport = await hypervisor.check(wish.vm, destination, options);
  const { guest, notes, warnings = [], maxSentBytes } = report;
  new Findings(report.findings).throwAny();
  for (const note of notes) parts.say?.(`note: ${note}`);

  const bounded = maxSentBytes === undefined ? wish : { ...wish, limits: { ...limits, maxSentBytes } };
  const lease = await leaseOf(guest, parts);
  let claim: Claim | undefined;
  try {
    claim = await hypervisor.claim?.(wish.vm, destination.vm, guest);
    const left = await store.owingOf({ uuid: guest.uuid ?? null, vm: wish.vm });
    const ends = { vm: wish.vm, destination: destination.vm };
    const former = formerAt(left, ends);
    const auto = isAuto(wish.streams) ? wish.streams : undefined;
    const wordMs = options.destinationStartsItself ? undefined : report.wordMs;
    const recalled = await foresee(
      hypervisor,
      { guest, destination, cap: limits.bandwidthBytesPerSecond },
      store,
      kind.foresees && probeMs === undefined ? QUICK_LOOK : GLANCE,
    );
    const seen = { ...recalled, known: withWord(recalled.known, wordMs) };
    const choice =
      auto && (await chooseStreams(hypervisor, guest, { ...wish, auto, checks: options, known: seen.known }));
    if (choice) parts.say?.(choice.why);
    const streams = choice ? choice.streams : options.streams;
    const foreseen = kind.foresees
      ? forStreams(seen, streams, choice?.written)
      : { ...seen, known: onlySwitchovers(seen.known) };
    const journal = await store.open(
      openingOf(bounded, guest, parts.initiator, former, {
        origin: 'migrate',
        destination: destination.vm,
        migrateUri: destination.migrateUri ?? null,
        continues: left?.id ?? null,
        streams: streams ?? null,
        encrypted: report.encrypted ?? null,
        destinationWaits: hypervisor.destinationsWait && options.destinationStartsItself !== true,
      }),
      parts.show,
    );
    for (const message of warnings) journal.append(0, { type: 'warning', message });
    const { known, tookMs } = foreseen;
    journal.append(0, { type: 'foreseen', known, tookMs });
    return runFrom({ place: store.place, wish: bounded, lease, claim, journal, known }, async (hold) => {
      const before = tooFar(guest, limits, known) ?? kind.begin(limits, known).beforeStart?.();
      if (before?.action === 'abort') return decline(before, sinkOf(journal));
      tellLeftovers(left, ends, parts);
      await claim?.rest();
      journal.append(0, { type: 'intent', intent: 'start', side: 'source' });
      return await hypervisor.start(wish.vm, destination, {
        ...options,
        // Known by now: what earlier switchovers cost is in the first limit too.
        ...startOptionsOf(kind, limits, wish.force, probeMs, known),
        ...{ meant: guest, streams },
        ...hold,
        former,
      });
    });
  } catch (error) {
    await claim?.release('source');
    await lease.release();
    throw error;
  }
}

function forStreams(
  seen: Foreseen,
  streams: Streams | undefined,
  written: CompressedPages | undefined,
): Foreseen {
  if (!compresses(streams)) return seen;
  const known = { ...seen.known, compressed: true };
  return { ...seen, known: written === undefined ? known : { ...known, written } };
}

function tellLeftovers(left: MigrationView | undefined, ends: Ends, parts: RunParts): void {
  if (!left) return;
  if (formerAt(left, ends).length > 0)
    parts.say?.(`${left.id} did not put back what it had set: this migration does so at its end`);
  for (const sentence of notInherited(left, ends)) parts.say?.(sentence);
}

/** Before the start a probe costs its time: only where what it finds may keep the migration from beginning at all. */
function probesUnderWay({ limits }: BeginWish, { hypervisor }: RunParts): boolean {
  const mayDecline = limits.lineRateBytesPerSecond !== undefined && limits.overBudget === 'abort';
  return hypervisor.probesUnderWay && !mayDecline;
}
