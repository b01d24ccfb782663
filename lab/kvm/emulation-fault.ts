/**
 * QEMU's emulation of a processor that virtualizes is not flawless (seen on 10.0.2): one of some thirty guests on a KVM
 * host ended in its boot without a word, one of some hundreds of Nodes by SIGSEGV, and one guest hung after it had
 * arrived: at one instruction, in page faults that its own kernel took for spurious, since its page tables were right. A
 * run that ended so says nothing of what it was to try.
 */
import os from 'node:os';
import type { Ran } from '../switchover-process.ts';
import type { RanInHost } from './kvm-host.ts';

/** With which a script that runs in the host ends when the emulated machine failed it (sysexits.h: EX_TEMPFAIL). */
export const EMULATION_FAULT_STATUS = 75;

/** As timeout(1) ends when the time is over. */
const TIMED_OUT_STATUS = 124;

/** Node has no native code of ours: nothing but the machine under it lets it end so. */
export function isCrash({ status, signal }: Pick<Ran, 'status' | 'signal'>): boolean {
  return signal === 'SIGSEGV' || status === 128 + os.constants.signals.SIGSEGV;
}

/** Runs it a second time when the emulated machine failed the first. What came of a run itself stands, good or bad. */
export async function despiteEmulation(run: () => Promise<RanInHost>): Promise<RanInHost> {
  const ran = await run();
  const { status } = ran;
  const isFault = status === EMULATION_FAULT_STATUS || status === TIMED_OUT_STATUS;
  if (!isFault && !isCrash({ status, signal: null })) return ran;
  process.stderr.write(`The emulated machine failed (status ${status}), so once more. ${ran.stderr}\n`);
  return await run();
}
