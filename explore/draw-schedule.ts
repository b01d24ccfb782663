/**
 * The schedule of a seed: each third one is libvirt's, of which each fourth has a watch. What one kind draws is none of the
 * others' business: their seeds stay what they are.
 */
import { drawLibvirtSchedule } from './libvirt-schedule.ts';
import { drawQemuSchedule, type Schedule } from './schedule.ts';
import { drawWatchSchedule } from './watch-schedule.ts';

export function drawSchedule(seed: number): Schedule {
  if (seed % 12 === 6) return drawWatchSchedule(seed);
  return seed % 3 === 0 ? drawLibvirtSchedule(seed) : drawQemuSchedule(seed);
}
