/** What `up` is asked for, and the options of it that describe the guest. */
import { WORKLOAD_KINDS, type Workload } from '../guest/workload.ts';
import type { LabOptions } from '../open-lab.ts';
import { UsageError } from '../usage-error.ts';
import { readChoice, readMiB, readSeconds, readWhole } from './arguments.ts';

export const GUEST_OPTIONS = {
  workload: { type: 'string', default: 'loop' },
  wss: { type: 'string', default: '128M' },
  rate: { type: 'string', default: '0' },
  page: { type: 'string', default: 'word' },
  busy: { type: 'string', default: '5s' },
  calm: { type: 'string', default: '5s' },
  memory: { type: 'string', default: '512M' },
} as const;

export interface GuestChoice {
  readonly workload: Workload & { readonly wssMiB: number };
  readonly memoryMiB: number;
}

/** What `up` was asked for, read. */
export interface UpRequest {
  readonly guest: GuestChoice;
  readonly lab: LabOptions & { readonly rateBitsPerSecond: number; readonly keep: true };
  readonly wait: boolean;
  readonly json: boolean;
}

/** What the guest's kernel and the workload's own table take, rounded up. */
const GUEST_OVERHEAD_MIB = 96;

/** @throws {UsageError} */
export function readGuestChoice(values: Readonly<Record<keyof typeof GUEST_OPTIONS, string>>): GuestChoice {
  const workload = {
    kind: readChoice('--workload', values.workload, WORKLOAD_KINDS),
    wssMiB: readMiB('--wss', values.wss),
    pagesPerSecond: readWhole('--rate', values.rate),
    page: readChoice('--page', values.page, ['word', 'full']),
    busySeconds: readSeconds('--busy', values.busy),
    calmSeconds: readSeconds('--calm', values.calm),
  };
  const memoryMiB = readMiB('--memory', values.memory);
  if (workload.wssMiB + GUEST_OVERHEAD_MIB > memoryMiB)
    throw new UsageError(
      `--wss ${values.wss} does not fit into --memory ${values.memory}: leave ${GUEST_OVERHEAD_MIB}M to the guest's kernel`,
    );
  return { workload, memoryMiB };
}
