/**
 * What may be concluded from an event that was *not* heard on one side. Only a stream that is up tells, and only
 * from an instant on at which something else said that the event had not happened yet: an answer of libvirt's, asked
 * for after the stream had come up, that the memory is still being copied.
 */
export class EventWatch {
  private upSinceMs: number | undefined;
  private everUp = false;
  private proved = false;

  get isUp(): boolean {
    return this.upSinceMs !== undefined;
  }

  /** Nothing can have been missed from the proof on until now. */
  get unbroken(): boolean {
    return this.isUp && this.proved;
  }

  /** @returns whether it had been lost before */
  up(nowMs: number): 'first' | 'back' {
    const which = this.everUp ? 'back' : 'first';
    this.everUp = true;
    this.upSinceMs ??= nowMs;
    return which;
  }

  down(): void {
    this.upSinceMs = undefined;
    this.proved = false;
  }

  /** @param askedMs when that was asked whose answer says that it had not happened yet */
  prove(askedMs: number): void {
    if (this.upSinceMs !== undefined && askedMs >= this.upSinceMs) this.proved = true;
  }
}
