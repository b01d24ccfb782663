/**
 * Which places of the code were reached, as V8 counts them for this thread: by them an input is known to lead further than
 * those before it. (jazzer.js 4.0 brings libFuzzer, and instruments sources that Node loads as they are; its addon wants
 * glibc 2.38, which Debian 12 has not.)
 */
import { type Profiler, Session } from 'node:inspector';

/** Ours, and the two libraries that read for us. */
const WATCHED = /^file:.*\/(?:src|node_modules\/(?:@xmldom\/xmldom|smol-toml))\//;

/** What was reached of the code that is ours. */
export interface Reached {
  /** As V8 parts code into blocks, in those functions that ran at least once. */
  readonly blocks: number;
  readonly ofBlocks: number;
}

/** A stretch of a script that was never reached before. */
interface News {
  readonly url: string;
  readonly start: number;
  readonly reached: Uint8Array;
}

export class Coverage {
  private readonly session: Session;
  /** For each script, whether the code at that place was ever reached. */
  private readonly places = new Map<string, Uint8Array>();

  private constructor(session: Session) {
    this.session = session;
  }

  /** From here on V8 counts, blocks of those functions that are compiled after this: so before the parsers are loaded. */
  static start(): Coverage {
    const session = new Session();
    session.connect();
    session.post('Profiler.enable', orThrow);
    session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true }, orThrow);
    return new Coverage(session);
  }

  /** For another target: nothing was reached yet. V8 counts on, since what it once stopped counting has no blocks any more. */
  anew(): Coverage {
    this.take();
    return new Coverage(this.session);
  }

  /** @returns what was reached since the last look, by whomever, and not {@link learn}ed yet */
  look(): readonly News[] {
    return this.take().flatMap(({ url, functions }) =>
      functions.map(({ ranges }) => reachedIn(url, ranges)).filter((each) => each && this.isNew(each)),
    ) as News[];
  }

  learn(news: readonly News[]): void {
    for (const { url, start, reached } of news) {
      const known = this.placesOf(url, start + reached.length);
      for (let at = 0; at < reached.length; at += 1) if (reached[at] === 1) known[start + at] = 1;
    }
  }

  /** Since the last look. */
  lookAtBlocks(): Reached {
    const ranges = this.take()
      .filter(({ url }) => url.includes('/src/'))
      .flatMap(({ functions }) => functions)
      .filter((each) => (each.ranges[0]?.count ?? 0) > 0)
      .flatMap((each) => each.ranges);
    return { blocks: ranges.filter(({ count }) => count > 0).length, ofBlocks: ranges.length };
  }

  private isNew({ url, start, reached }: News): boolean {
    const known = this.placesOf(url, start + reached.length);
    return reached.some((each, at) => each === 1 && known[start + at] === 0);
  }

  private placesOf(url: string, end: number): Uint8Array {
    const known = this.places.get(url);
    if (known && known.length >= end) return known;
    const larger = new Uint8Array(2 * end);
    if (known) larger.set(known);
    this.places.set(url, larger);
    return larger;
  }

  private take(): Profiler.ScriptCoverage[] {
    let taken: Profiler.ScriptCoverage[] = [];
    this.session.post('Profiler.takePreciseCoverage', (error, answer) => {
      orThrow(error);
      taken = answer.result.filter(({ url }) => WATCHED.test(url));
    });
    return taken;
  }
}

/** Ranges are nested, an inner one after its outer one, and what the inner one says holds. */
function reachedIn(url: string, ranges: readonly Profiler.CoverageRange[]): News | undefined {
  const [whole] = ranges;
  if (whole === undefined || whole.count === 0) return undefined;
  const { startOffset: start, endOffset: end } = whole;
  const reached = new Uint8Array(end - start);
  for (const { startOffset, endOffset, count } of ranges)
    reached.fill(count > 0 ? 1 : 0, startOffset - start, endOffset - start);
  return { url, start, reached };
}

function orThrow(error: Error | null): void {
  if (error) throw error;
}
