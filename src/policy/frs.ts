/**
 * FRS, the other algorithm of the thesis (Chao Wei, National Central University, 2018): it finds the pages that are
 * referenced most and avoids sending them again and again.
 *
 * The abstract is all that is public. This reading of it: in each pass those pages go last, and when to stop stays
 * QEMU's own rule. What is left when QEMU looks at the rest is then the hot pages, which were dirty anyway; where
 * they fit the downtime limit, no pass but the first sends them at all. Which they are, the dirty bitmap tells: how
 * often a page was found dirty. No QEMU takes an order from outside, so this can only be simulated.
 */
import type { PolicyEntry } from './own-policies.ts';
import { stock } from './stock.ts';

/** Why a real migration refuses it. */
export const FRS_IS_SIMULATED =
  'frs changes the order in which memory is sent, and no QEMU takes an order: it is for `switchover simulate` only';

const summary =
  'FRS of the thesis, a reading: the most referenced pages go last in each pass (simulated only)';

export const frs: PolicyEntry = {
  summary,
  parameters: {},
  build: () => ({ ...stock, name: 'frs', summary, startsWith: { hottestLast: true } }),
};
