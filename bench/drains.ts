/** A thousand drains with faults, each held against the hosts' own record (`./dev explore --drains`). */
import { cameTo, exploreDrains } from '../explore/drains/explore-drains.ts';
import { AT_A_TIME } from '../explore/drains/fleet.ts';
import { atLeast, atMost, type BenchResult, spread } from './goals.ts';

export async function run({ quick }: { readonly quick: boolean }): Promise<BenchResult> {
  const wanted = quick ? 60 : 1000;
  const { ended, moves, troubles, refused, twice, mostOut, mostIn, claims } = await exploreDrains({
    seed: Date.now(),
    most: wanted,
    isEnough: () => false,
    tell: (words) => process.stderr.write(`bench: ${words}\n`),
  });
  const drains = ended.filter(({ kind }) => kind === 'drain');
  return {
    bench: 'drains',
    figures: {
      ...{ drains: drains.length, returns: ended.length - drains.length },
      came: cameTo(ended),
      tookMs: spread(drains.map(({ tookMs }) => tookMs)),
      ...{ moves, troubles, refused, mostOut, mostIn },
    },
    goals: [
      atLeast('drains', drains.length, '', wanted),
      atMost('drains that came to no true end', ended.filter(({ wrong }) => wrong.length > 0).length, '', 0),
      atMost('hosts that had two drains at once', twice.length, '', 0),
      atMost('moves of a VM that was on its way already', refused.length, '', 0),
      atMost('moves out of a host at once', mostOut, '', AT_A_TIME),
      atMost('moves into a host at once', mostIn, '', AT_A_TIME),
      atMost('units that are still held once nothing runs', claims, '', 0),
    ],
  };
}
