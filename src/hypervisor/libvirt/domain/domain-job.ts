import { type Access, REAL_ACCESS } from '../access.ts';
import { type JobInfo, parseJobInfo } from '../virsh/job-info.ts';
import { isWithoutAnswer, refusalOf } from '../virsh/refusal.ts';
import { VirshError } from '../virsh/virsh.ts';

/** Asks virsh, however. @throws {VirshError} @throws {NoVirshError} @throws {VirshTimeoutError} */
export type AskVirsh = (args: readonly string[]) => Promise<string>;

/** A QEMU that hangs holds up libvirt's answer for 30 s. */
const PATIENT_MS = 10_000;

/** Of a host, for whoever has no virsh of his own there. */
export function virshAt(uri: string, { virsh }: Access = REAL_ACCESS): AskVirsh {
  return async (args) => await virsh.ask(uri, args, PATIENT_MS);
}

/**
 * The present job of a domain; `none` also for one that is shut off. libvirt tells the figures of a migration only on
 * its source; its refusal names the incoming ones.
 * @throws when the host gives no answer: then there may well be a job
 */
export async function jobOf(ask: AskVirsh, uuid: string): Promise<JobInfo> {
  try {
    return parseJobInfo(await ask(['domjobinfo', uuid, '--rawstats']));
  } catch (error) {
    if (isWithoutAnswer(error)) throw error;
    const incoming = error instanceof VirshError && /only on the source host/.test(error.message);
    return parseJobInfo(incoming ? 'Job type: 2\noperation: 4' : '');
  }
}

/** The same, for one look. @throws {RefusedError} when the host gives no answer */
export async function jobAt(uri: string, uuid: string, access = REAL_ACCESS): Promise<JobInfo> {
  try {
    return await jobOf(virshAt(uri, access), uuid);
  } catch (error) {
    throw refusalOf(uri, error);
  }
}
