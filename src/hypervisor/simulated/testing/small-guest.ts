/** Guests that are quick to simulate behind the monitor: a pass takes about a second of virtual time. */
import { constantLink } from '../link.ts';
import { cyclic } from '../memory/cyclic.ts';
import type { ScenarioInput } from '../scenario.ts';

const LINE_RATE = 57e6;

/** It rewrites 24 MB all the time: stock QEMU never moves it. */
export const BUSY_GUEST: ScenarioInput = {
  memoryBytes: 64e6,
  memory: cyclic({ workingSetBytes: 24e6, writeRateBytesPerSecond: 1e9 }),
  link: constantLink(LINE_RATE),
};

/** It dirties 10 MB again and again, which fits a pause of 300 ms. */
export const CALM_GUEST: ScenarioInput = {
  memoryBytes: 64e6,
  memory: cyclic({ workingSetBytes: 10e6, writeRateBytesPerSecond: 40e6 }),
  link: constantLink(LINE_RATE),
};
