import type { Side } from '../hypervisor.ts';

/** What was seen of a migration on its way, which its present state does not tell any more. */
export class Seen {
  private stopped = false;
  /** How often it was stopped, or post-copy began. */
  stops = 0;
  private heldOnce = false;
  private ranInPostCopy = false;
  /** libvirt said that the source's domain ended because it was migrated. */
  handedOver = false;
  /** The source's libvirtd was away for a while. */
  sourceWasAway = false;
  /** libvirt resumed the source after the destination had run the guest, so its state there is the older one. */
  resumedAfterArrival = false;
  /** The job that is there, if there is one, is somebody else's. */
  refused = false;
  /** libvirt was asked, by us, to abort the job. */
  cancelling = false;
  /** Where the guest was seen to end. */
  readonly goneFrom = new Set<Side>();

  get postCopyBegan(): boolean {
    return this.ranInPostCopy;
  }

  /** For the switchover, as far as it is known. */
  stop(): void {
    this.stops += 1;
    this.stopped = true;
  }

  /** By somebody else: the last stop was his. From here on the switchover's own is not told by an event. */
  hold(): void {
    this.stopped = false;
    this.heldOnce = true;
  }

  postCopy(): void {
    this.stop();
    this.ranInPostCopy = true;
  }

  /** @param unbroken whether every event of the source was heard */
  sourceEverStopped(unbroken: boolean): boolean | undefined {
    if (this.stopped) return true;
    return unbroken && !this.heldOnce ? false : undefined;
  }
}
