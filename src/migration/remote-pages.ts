/** How long a guest ran on the destination while its memory still followed: what post-copy takes after the pause. */
import { CERTAIN_MS } from './pause-meter.ts';

export class RemotePagesMeter {
  private began = false;
  private ranFromMs: number | undefined;
  private arrivedMs: number | undefined;
  private missed = false;

  /** The source let go of the guest before all of its memory had gone. */
  begin(): void {
    this.began = true;
  }

  /** The guest runs on the destination. */
  ran(atMs: number, unseenMs = 0): void {
    this.ranFromMs ??= atMs;
    this.missed ||= unseenMs > CERTAIN_MS;
  }

  /** Its last page is there. */
  arrived(atMs: number): void {
    this.arrivedMs ??= atMs;
  }

  /** The source was out of reach, which tells when the last page is there. */
  lost(): void {
    this.missed ||= this.arrivedMs === undefined;
  }

  /** Null: it never did. Its time is null where it was not seen from beginning to end. */
  get remotePages(): { readonly ms: number | null } | null {
    if (!this.began) return null;
    const { ranFromMs, arrivedMs } = this;
    if (this.missed || ranFromMs === undefined || arrivedMs === undefined) return { ms: null };
    return { ms: Math.max(0, arrivedMs - ranFromMs) };
  }
}
