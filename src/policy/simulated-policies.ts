/** The policies that `simulate` takes: those that a real migration takes, and those that no QEMU could follow. */
import { frs } from './frs.ts';
import type { PolicyEntry } from './own-policies.ts';
import { POLICIES } from './policies.ts';

export const SIMULATED_POLICIES: Readonly<Record<string, PolicyEntry>> = { ...POLICIES, frs };
