/**
 * The schedule of a seed: each third one is libvirt's, of which each fourth has a watch. What one kind draws is none of the
 * others' business: their seeds stay what they are.
 */

import { Random, seedOf } from '../src/simulate/random.ts';
import { drawLibvirtSchedule } from './libvirt-schedule.ts';
import { Draw, drawQemuSchedule, FAULTS_END_MS, type Schedule, WAYS_MS, wish } from './schedule.ts';
import { drawWatchSchedule } from './watch-schedule.ts';

const MOST_WISHES = 3;

export function drawSchedule(seed: number): Schedule {
  const schedule = ofItsKind(seed);
  const draw = new Draw(new Random(seedOf(-seed)));
  return {
    ...schedule,
    hands: withWishes(schedule.hands, draw),
    faultsEndMs: faultsEndMs(draw),
    wayMs: draw.chance(0.3) ? draw.oneOf(WAYS_MS) : 0,
  };
}

function ofItsKind(seed: number): Schedule {
  if (seed % 12 === 6) return drawWatchSchedule(seed);
  return seed % 3 === 0 ? drawLibvirtSchedule(seed) : drawQemuSchedule(seed);
}

/** In each fifth somebody wants something changed while it runs. */
function withWishes(hands: Schedule['hands'], draw: Draw): Schedule['hands'] {
  if (!draw.chance(0.2)) return hands;
  const wishes = Array.from({ length: 1 + draw.upTo(MOST_WISHES - 1) }, () => wish(draw));
  return [...hands, ...wishes].sort((a, b) => a.atMs - b.atMs);
}

/** Most that goes wrong does so at once, and what comes late costs the time of many other seeds. */
function faultsEndMs(draw: Draw): Schedule['faultsEndMs'] {
  const [soon, late] = FAULTS_END_MS;
  return draw.chance(0.8) ? soon : late;
}
