/**
 * QEMU's emulation of a processor that virtualizes is not flawless (10.0.2). Now and then it leaves a guest twice for
 * one entry, and the second time it writes the host's own state into the guest's. Such a guest goes on behind the host's
 * VMRUN, with the host's page tables, and hangs in page faults. Seen in one that hung in the middle of its migration, on
 * both sides alike: RIP in the host's `__svm_vcpu_run`, RAX the address of a VMCB, CR3 beyond the guest's memory. Others
 * end in their boot without a word, and now and then a Node in the host by SIGSEGV. A run that ended so says nothing of
 * what it was to try.
 */
import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { labAccelerator } from '../accelerator.ts';
import { askMonitor, MonitorError } from '../monitor.ts';
import type { Ran } from '../switchover-process.ts';
import type { RanInHost } from './kvm-host.ts';

/** Seen at a guest's registers, which are the host's, or at a Node that crashed. */
export class EmulationFaultError extends Error {
  override readonly name = 'EmulationFaultError';
}

const LOOK_EVERY_MS = 5_000;

/** Node has no native code of ours: nothing but the machine under it lets it end so. */
export function isCrash({ status, signal }: Pick<Ran, 'status' | 'signal'>): boolean {
  return signal === 'SIGSEGV' || status === 128 + os.constants.signals.SIGSEGV;
}

/**
 * @param registers as QEMU's `info registers` shows them
 * @param memoryBytes of the guest, below the 3 GiB at which a PC's memory is split
 * @returns whether the guest's page tables lie where it has no memory, which a guest cannot bring about
 */
export function hasHostState(registers: string, memoryBytes: number): boolean {
  const [, cr3] = /\bCR3=([0-9a-f]+)/.exec(registers) ?? [];
  return cr3 !== undefined && Number.parseInt(cr3, 16) >= memoryBytes;
}

/** @returns undefined where it is sound, where nobody answers, and on a machine that is not emulated */
export async function emulationFaultAt(monitorPath: string): Promise<EmulationFaultError | undefined> {
  if (labAccelerator() !== 'kvm') return undefined;
  try {
    const registers = (await askMonitor(monitorPath, 'human-monitor-command', {
      'command-line': 'info registers',
    })) as string;
    const memory = (await askMonitor(monitorPath, 'query-memory-size-summary')) as { 'base-memory': number };
    return faultIn(registers, memory['base-memory'], monitorPath);
  } catch (error) {
    if (error instanceof MonitorError) return undefined;
    throw error;
  }
}

/** As {@link hasHostState}, with its words. @param where the guest is */
export function faultIn(
  registers: string,
  memoryBytes: number,
  where: string,
): EmulationFaultError | undefined {
  if (!hasHostState(registers, memoryBytes)) return undefined;
  return new EmulationFaultError(
    `the emulated machine failed: it has written its own state into the guest's (${told(registers)}), ${where}`,
  );
}

function told(registers: string): string {
  return [...registers.matchAll(/\b(?:RIP|RAX|CR3)=[0-9a-f]+/g)].join(' ');
}

/** Waits for what a guest does, no longer than the emulated machine lets it. @throws {EmulationFaultError} */
export async function unlessEmulationFails<T>(monitorPath: string, work: Promise<T>): Promise<T> {
  if (labAccelerator() !== 'kvm') return await work;
  let over = false;
  const fault = new Promise<never>((_, reject) => {
    const look = async (): Promise<void> => {
      while (!over) {
        await sleep(LOOK_EVERY_MS, undefined, { ref: false });
        const found = over ? undefined : await emulationFaultAt(monitorPath);
        if (found) throw found;
      }
    };
    look().catch(reject);
  });
  try {
    return await Promise.race([work, fault]);
  } finally {
    over = true;
    work.catch(() => {
      // After a fault nobody waits for it.
    });
  }
}

/** How often a run is tried while its Node crashes. */
const TRIES = 3;

/** Runs it again when its Node crashed. What came of a run itself stands, good or bad. */
export async function despiteEmulation(
  run: () => Promise<RanInHost>,
  say = (line: string): void => void process.stderr.write(line),
): Promise<RanInHost> {
  for (let triesLeft = TRIES; ; triesLeft -= 1) {
    const ran = await run();
    const { status } = ran;
    if (!isCrash({ status, signal: null }) || triesLeft === 1) return ran;
    say(`The emulated machine failed (status ${status}), so once more. ${ran.stderr}\n`);
  }
}
