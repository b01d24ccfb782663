/**
 * Whether a guest has arrived whole: what "no memory was lost" means in this lab.
 *
 * QEMU's word for it is worth nothing: a guest whose memory was damaged on the way still shows `running`.
 */
import type { GuestStatus, GuestVerification } from './guest/answers.ts';
import { EmulationFaultError } from './kvm/emulation-fault.ts';

/** A guest as one host has it. */
export interface Verifiable {
  /** Has the guest check all its pages or records. @throws {GuestAnswerError} when it does not run there */
  verify(timeoutMs: number): Promise<GuestVerification>;
  consoleProblems(): Promise<readonly string[]>;
}

export interface Arrival {
  readonly ok: boolean;
  /** One sentence: what was checked, or what is wrong. */
  readonly reason: string;
  readonly before: GuestStatus;
  /** Undefined when the guest did not answer. */
  readonly after: GuestVerification | undefined;
  readonly consoleProblems: readonly string[];
}

/**
 * Has the guest check all its pages or records where it is now, and compares with what it said earlier.
 * @param before its status at any time before, on whichever side it then was
 * @param guest the side where it runs now
 * @param left the side that it left, whose console is looked at as well
 * @throws {EmulationFaultError}
 */
export async function verifyArrival(
  before: GuestStatus,
  guest: Verifiable,
  left?: Verifiable,
): Promise<Arrival> {
  const consoleProblems = [...(await guest.consoleProblems()), ...((await left?.consoleProblems()) ?? [])];
  // A guest that has crashed will not answer: its console says more than our patience would.
  const patienceMs = consoleProblems.length > 0 ? 2_000 : 60_000;
  const answer = await guest.verify(patienceMs).catch((error: Error) => error);
  // Says nothing of the migration.
  if (answer instanceof EmulationFaultError) throw answer;
  if (answer instanceof Error) {
    const reason = consoleProblems[0] ?? answer.message;
    return { ok: false, reason, before, after: undefined, consoleProblems };
  }
  const problem = whatIsWrong(before, answer) ?? consoleProblems[0];
  const reason = problem ?? soundness(before, answer);
  return { ok: problem === undefined, reason, before, after: answer, consoleProblems };
}

/** @returns a sentence about the first thing that does not fit; undefined when all does */
export function whatIsWrong(before: GuestStatus, after: GuestVerification): string | undefined {
  if (after.checked === 0) return `the guest has no ${after.of} to check`;
  if (after.bad > 0)
    return `${after.bad} of ${after.checked} ${after.of} are wrong or older than they must be`;
  if (!after.ledgerOk)
    return "the guest's own count of its writes does not add up: that table has lost writes";
  if (after.uptimeMs < before.uptimeMs) return 'the guest has booted anew';
  if (after.writes < before.writes)
    return `the guest went back from ${before.writes} writes to ${after.writes}`;
  if (after.generationMin < before.generationMin || after.generationMax < before.generationMax)
    return `the generations went back from ${generations(before)} to ${generations(after)}`;
  return undefined;
}

function soundness(before: GuestStatus, after: GuestVerification): string {
  const writes = after.writes - before.writes;
  return `all ${after.checked} ${after.of} are right, generations ${generations(after)} go on from ${generations(before)} (${writes} writes since), and the console is clean`;
}

function generations(range: { generationMin: number; generationMax: number }): string {
  return `${range.generationMin}..${range.generationMax}`;
}
