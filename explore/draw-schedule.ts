/**
 * The schedule of a seed: each third one is libvirt's, of which each fourth has a watch. What one kind draws is none of the
 * others' business: their seeds stay what they are.
 */

import { Random, seedOf } from '../src/simulate/random.ts';
import { drawLibvirtSchedule } from './libvirt-schedule.ts';
import { Draw, drawQemuSchedule, type Schedule, wish } from './schedule.ts';
import { drawWatchSchedule } from './watch-schedule.ts';

const MOST_WISHES = 3;

export function drawSchedule(seed: number): Schedule {
  if (seed % 12 === 6) return drawWatchSchedule(seed);
  return withWishes(seed % 3 === 0 ? drawLibvirtSchedule(seed) : drawQemuSchedule(seed), seed);
}

/** In each fifth somebody wants something changed while it runs. */
function withWishes(schedule: Schedule, seed: number): Schedule {
  const draw = new Draw(new Random(seedOf(-seed)));
  if (!draw.chance(0.2)) return schedule;
  const wishes = Array.from({ length: 1 + draw.upTo(MOST_WISHES - 1) }, () => wish(draw));
  return { ...schedule, hands: [...schedule.hands, ...wishes].sort((a, b) => a.atMs - b.atMs) };
}
