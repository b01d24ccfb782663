import { verifyArrival } from '../arrival.ts';
import type { Side } from '../hosts.ts';
import { chooseKeptPair, type Sides, sidesOf, whereItRuns, writeKeptPair } from '../kept-lab.ts';
import { UsageError } from '../usage-error.ts';
import { readArguments, readChoice } from './arguments.ts';
import { report } from './output.ts';

const OPTIONS = { side: { type: 'string' }, json: { type: 'boolean', default: false } } as const;

/** Has the guest check all its memory. Status 1 when something is wrong with it. */
export async function verify(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, OPTIONS, 1);
  const pair = chooseKeptPair(positionals[0]);
  const sides = await sidesOf(pair);
  const asked =
    values.side === undefined ? undefined : readChoice('--side', values.side, ['source', 'destination']);
  const runsOn = await whereItRuns(sides);
  const side = asked ?? runsOn;
  const guest = side && sides[side];
  // Known to run elsewhere: asking here would only wait in vain. (Unknown: the monitor is in use, so ask.)
  if (side === undefined || guest === undefined || (runsOn !== undefined && runsOn !== side))
    throw new UsageError(
      `the guest of lab "${pair.place.labId}" runs ${runsOn === undefined ? 'nowhere' : `on the ${runsOn}`}`,
    );

  const before = pair.before ?? (await guest.status());
  const arrival = await verifyArrival(before, guest, otherSide(sides, side));
  if (arrival.after !== undefined)
    await writeKeptPair({ ...pair, before: { workload: before.workload, ...arrival.after } });
  const text = `${arrival.ok ? 'ok' : 'NOT ok'}, on the ${side}: ${arrival.reason}`;
  report({ id: pair.place.labId, side, ...arrival, after: arrival.after ?? null }, text, values.json);
  return arrival.ok ? 0 : 1;
}

function otherSide(sides: Sides, side: Side) {
  return side === 'source' ? sides.destination : sides.source;
}
