/**
 * Where a drain's VM goes: the rules of `src/drain`, with what is known of the destinations at that moment. Admission asks it
 * under its lock, so all that it goes by was read before; the start asks the destination itself once more.
 */
import type { Destination, DrainVm, Reason } from '../drain/facts.ts';
import { failureClass, isOut, TRUSTED } from '../drain/failures.ts';
import { placementOf, type Refused } from '../drain/placement.ts';
import { type DrainSettings, linkTo } from './drain-settings.ts';
import type { HostRecord } from './hosts.ts';
import type { Move } from './move.ts';
import { type Free, type Place, type Placed, shareOf } from './placement.ts';
import { refusedWords } from './refused-words.ts';

/** What a host last said of itself. */
export interface HostFigures {
  /** What new guests could get; undefined: it does not tell. */
  readonly freeBytes: number | undefined;
  /** Of the guests that run there. */
  readonly largestBytes: number;
  /** Groups of those of its guests that are to be kept apart. */
  readonly apart: readonly string[];
}

export interface Known {
  /** Undefined: of none that this controller has read. */
  settingsOf(drain: string): DrainSettings | undefined;
  host(host: string): HostRecord | undefined;
  /** A sentence: it did not answer; undefined: it was not asked yet. */
  figures(host: string): HostFigures | string | undefined;
  /** Groups of VMs that are on their way to it. */
  apartOnWay(host: string): readonly string[];
  /** Memory of VMs that came there since it was asked, in GiB. */
  cameGib(host: string): number;
  /** They are on their way there from now on. */
  goes(groups: readonly string[], host: string): void;
  nowMs(): number;
}

const GIB = 2 ** 30;

export function placerOf(known: Known): Place {
  return (move, free) => {
    const settings = move.drain === null ? undefined : known.settingsOf(move.drain);
    if (!settings) return 'not known yet';
    const judged = settings.to.map(({ uri }) => ({ uri, out: whyOut(move, uri, known) }));
    const open = judged.filter(({ out }) => out === undefined);
    const { to, refused } = placementOf(
      vmOf(move),
      inTurn(
        move,
        open.map(({ uri }) => destinationOf(uri, known, free)),
        free,
      ),
      { bytes: new Map(), pauses: new Map(), apart: new Map() },
      { reserveBytes: settings.reserveBytes },
    );
    if (to) {
      known.goes(move.apart, to.name);
      return { destination: to.name, links: [to.link] };
    }
    // Whether it has room is known soon; what is written down for that would outlast it.
    if (judged.some(({ out }) => out === NOT_ASKED)) return 'not known yet';
    const out = judged.flatMap(({ uri, out }) => (out ? [{ destination: uri, reasons: [out] }] : []));
    return nowhere([...out, ...refused]);
  };
}

const NOT_ASKED: Reason = { code: 'unreachable', words: 'it was not asked yet what room it has' };

/** Why nothing is sent there, whatever its room. */
function whyOut(move: Move, uri: string, known: Known): Reason | undefined {
  const refusal = move.refused[uri];
  if (refusal) return refusal;
  const record = known.host(uri);
  const by = record?.isDrained ? 'it is being emptied itself' : record?.cordonedBy;
  if (by !== undefined)
    return {
      code: 'cordoned',
      words: `nothing new is to come there (${by})`,
      remedy: `\`switchover ${record?.isDrained ? 'drain release' : 'uncordon'} ${uri}\` lets VMs come again`,
    };
  if (isOut(record?.breaker ?? TRUSTED, known.nowMs()))
    return {
      code: 'unreachable',
      words: 'it is left out for ten minutes, as three moves to it failed one after the other',
    };
  const figures = known.figures(uri);
  if (figures === undefined) return NOT_ASKED;
  return typeof figures === 'string' ? { code: 'unreachable', words: figures } : undefined;
}

/** Where it failed last, or no slot is free, only if there is no other; one with a slot before one without. */
function inTurn(move: Move, open: readonly Destination[], free: Free): readonly Destination[] {
  const others = open.filter(({ name }) => name !== move.failedAt);
  const wanted = others.length > 0 ? others : open;
  const withSlot = wanted.filter(({ name, link }) =>
    free.fits([
      { kind: 'destination', key: name, units: 1 },
      { kind: 'link', key: link, ...shareOf(move) },
    ]),
  );
  return withSlot.length > 0 ? withSlot : wanted;
}

function destinationOf(uri: string, known: Known, free: Free): Destination {
  const figures = known.figures(uri);
  const { freeBytes, largestBytes, apart } =
    typeof figures === 'object' ? figures : { freeBytes: undefined, largestBytes: 0, apart: [] };
  const promisedBytes = (free.taken('memory', uri) + known.cameGib(uri)) * GIB;
  return {
    ...{ name: uri, link: linkTo(uri), largestVmBytes: largestBytes, cordoned: false },
    apart: [...apart, ...known.apartOnWay(uri)],
    freeBytes: freeBytes === undefined ? undefined : freeBytes - promisedBytes,
  };
}

function vmOf({ vm, name, memoryBytes, apart }: Move): DrainVm {
  return {
    ...{ uuid: vm, name, apart, memoryBytes },
    // Its turn has come, whatever it was.
    ...{ word: 'move', priority: 0 },
    ...{ obstacles: [], refusedBy: new Map(), forecast: undefined },
  };
}

/** What passes by itself is waited for; a person is needed only where none of them does. */
function nowhere(refused: readonly Refused[]): Placed {
  const [first] = refused;
  if (!first) return { hold: { code: 'no-destination', words: 'the drain has no destination' } };
  const passing = refused.find(({ reasons }) => reasons.every(({ code }) => passes(code)));
  const told = passing ?? first;
  const code = told.reasons[0]?.code ?? 'no-destination';
  const reason: Reason = {
    code,
    words: refusedWords(
      refused.map(({ destination, reasons }) => ({
        destination,
        words: reasons.map(({ words }) => words).join(', '),
      })),
    ),
    remedy: told.reasons[0]?.remedy,
  };
  return passing ? { wait: reason } : { hold: reason };
}

function passes(code: string): boolean {
  const kind = failureClass(code);
  return kind === 'capacity' || kind === 'transient';
}
