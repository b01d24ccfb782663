/** Our `virsh migrate`, and what its end says of the job that libvirt shows. */
import { isUnderWay, type JobLook, ownerOf } from './own-job.ts';
import { isLostOnTheWay, isOutOfReach } from './virsh/refusal.ts';
import { errorText, VirshError, type VirshOutput } from './virsh/virsh.ts';

/** A job that is still there so long after our virsh was refused is not the one that our virsh asked for. */
const NOT_OURS_MS = 500;

export type Beginning =
  /** It is on its way, or waits for another job to end. */
  | 'wait'
  /** The job is there, and it is ours. */
  | 'begun'
  /** libvirt refused it before its job began. */
  | 'refused'
  /** It was carried out, or may have been, before any look. */
  | 'over';

export class OurVirsh {
  private readonly beganMs: number;
  private end: { readonly output: VirshOutput; readonly atMs: number } | undefined;
  /** The job that was seen last was there before it. */
  seesAnother = false;

  /** @param beganMs when it was started, on the clock of the looks */
  constructor(beganMs: number) {
    this.beganMs = beganMs;
  }

  get output(): VirshOutput | undefined {
    return this.end?.output;
  }

  ended(output: VirshOutput, atMs: number): void {
    this.end = { output, atMs };
  }

  isOurs(look: JobLook): boolean {
    return ownerOf(look, this.beganMs) === 'ours';
  }

  /** Of a look before the job was known to be ours. */
  judge(look: JobLook): Beginning {
    const owner = ownerOf(look, this.beganMs);
    this.seesAnother = owner === 'somebody-else';
    if (owner === 'ours' && !this.isRefused(look)) return 'begun';
    if (!this.end || owner === 'unclear') return 'wait';
    // One that was killed may have handed its wish over before.
    if (this.end.output.status === null && look.askedMs - this.end.atMs < NOT_OURS_MS) return 'wait';
    // Whose libvirtd was lost on the way may have had its job begun, and ended with that libvirtd.
    return this.end.output.status === 0 || this.lostItsLibvirtd ? 'over' : 'refused';
  }

  /** libvirt refused it because another job was there, and that one goes on. */
  isRefused({ job, askedMs }: JobLook): boolean {
    if (!isUnderWay(job) || !this.end?.output.status || askedMs - this.end.atMs < NOT_OURS_MS) return false;
    // The job outlives the way from virsh to libvirtd.
    return !isOutOfReach(new VirshError(errorText(this.end.output.stderr)));
  }

  private get lostItsLibvirtd(): boolean {
    return this.end !== undefined && isLostOnTheWay(new VirshError(errorText(this.end.output.stderr)));
  }

  get words(): string {
    return errorText(this.end?.output.stderr ?? '') || 'our virsh migrate was ended before libvirt began';
  }
}
