/** What `up` is asked for, and the options of it that describe the guest. */
import { type ApplicationKind, isApplication, STRESS_METHODS } from '../guest/applications.ts';
import {
  MEMORY_KINDS,
  WORKLOAD_KINDS,
  type Workload,
  type WorkloadKind,
  workingSetMiB,
} from '../guest/workload.ts';
import type { LabOptions } from '../open-lab.ts';
import { UsageError } from '../usage-error.ts';
import { readChoice, readMiB, readSeconds, readWhole } from './arguments.ts';

export const GUEST_OPTIONS = {
  workload: { type: 'string', default: 'loop' },
  wss: { type: 'string' },
  rate: { type: 'string' },
  page: { type: 'string' },
  busy: { type: 'string' },
  calm: { type: 'string' },
  method: { type: 'string' },
  memory: { type: 'string', default: '512M' },
} as const;

/** The values of those options: only what was given, but for the defaults. */
type GuestValues = { readonly workload: string; readonly memory: string } & {
  readonly [option in Exclude<keyof typeof GUEST_OPTIONS, 'workload' | 'memory'>]?: string | undefined;
};

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

/** Of the lab's own workloads here: more than the guest's own default, so that the guest is memory-intensive. */
const DEFAULT_WSS_MIB = 128;
/** What the guest's kernel and the workload's own table take, rounded up. */
const KERNEL_OVERHEAD_MIB = 96;
/** The same with an application's programs, files and waste. */
const APPLICATION_OVERHEAD_MIB = 256;

/** @throws {UsageError} */
export function readGuestChoice(values: GuestValues): GuestChoice {
  const kind = readChoice('--workload', values.workload, WORKLOAD_KINDS);
  refuseStrangers(kind, values);
  const workload = isApplication(kind) ? applicationChoice(kind, values) : memoryChoice(kind, values);
  const memoryMiB = readMiB('--memory', values.memory);
  const overheadMiB = isApplication(kind) ? APPLICATION_OVERHEAD_MIB : KERNEL_OVERHEAD_MIB;
  if (workload.wssMiB + overheadMiB > memoryMiB)
    throw new UsageError(
      `--wss ${values.wss ?? `${workload.wssMiB}M`} does not fit into --memory ${values.memory}: leave ${overheadMiB}M to the guest's kernel${isApplication(kind) ? ` and to ${kind}` : ''}`,
    );
  return { workload, memoryMiB };
}

function memoryChoice(kind: WorkloadKind, values: GuestValues): GuestChoice['workload'] {
  return {
    kind,
    wssMiB: values.wss === undefined ? DEFAULT_WSS_MIB : readMiB('--wss', values.wss),
    pagesPerSecond: readWhole('--rate', values.rate ?? '0'),
    page: readChoice('--page', values.page ?? 'full', ['word', 'text', 'full']),
    busySeconds: readSeconds('--busy', values.busy ?? '5s'),
    calmSeconds: readSeconds('--calm', values.calm ?? '5s'),
  };
}

function applicationChoice(kind: ApplicationKind, values: GuestValues): GuestChoice['workload'] {
  const method =
    values.method === undefined ? {} : { method: readChoice('--method', values.method, STRESS_METHODS) };
  const wssMiB = values.wss === undefined ? workingSetMiB({ kind }) : readMiB('--wss', values.wss);
  return { kind, wssMiB, ...method };
}

/** An option that the workload would not heed. */
function refuseStrangers(kind: WorkloadKind, values: GuestValues): void {
  const strangers = isApplication(kind) ? (['rate', 'page', 'busy', 'calm'] as const) : [];
  for (const option of strangers)
    if (values[option] !== undefined)
      throw new UsageError(`--${option} is for ${MEMORY_KINDS.join(', ')}: ${kind} goes at its own pace`);
  if (values.method !== undefined && kind !== 'stress-ng')
    throw new UsageError(`--method is for stress-ng, not for ${kind}`);
}
