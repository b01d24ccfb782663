/** The schedule of a seed: each third one is libvirt's, and what the others draw is none of its business. */
import { drawLibvirtSchedule } from './libvirt-schedule.ts';
import { drawQemuSchedule, type Schedule } from './schedule.ts';

export function drawSchedule(seed: number): Schedule {
  return seed % 3 === 0 ? drawLibvirtSchedule(seed) : drawQemuSchedule(seed);
}
