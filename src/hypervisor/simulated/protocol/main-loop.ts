/** QEMU's main loop, as far as it is held up: by the stop-and-copy, which has the big lock, or by a storage that hangs. */
export class MainLoop {
  private readonly holders = new Set<string>();
  private readonly freed: () => void;

  /** @param freed called when nothing holds it up any more */
  constructor(freed: () => void) {
    this.freed = freed;
  }

  get isFree(): boolean {
    return this.holders.size === 0;
  }

  hold(holder: string): void {
    this.holders.add(holder);
  }

  release(holder: string): void {
    if (this.holders.delete(holder) && this.isFree) this.freed();
  }
}
