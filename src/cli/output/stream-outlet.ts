/** A pipe, a socket or a file behind one of Node's own streams, which queues without an end: it is asked to stop. */
import type { Outlet } from './outlet.ts';

/** What is used of process.stdout and process.stderr. */
export interface NodeOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly writableNeedDrain: boolean;
  readonly writableLength: number;
  readonly destroyed: boolean;
  readonly errored: Error | null;
  write(bytes: Uint8Array): boolean;
  once(event: 'drain' | 'close', listener: () => void): unknown;
  off(event: 'drain' | 'close', listener: () => void): unknown;
}

export class StreamOutlet implements Outlet {
  private readonly stream: NodeOutput;

  /** @param stream somebody else listens to its errors: see `main.ts` */
  constructor(stream: NodeOutput) {
    this.stream = stream;
  }

  get isTTY(): boolean {
    return this.stream.isTTY === true;
  }

  get columns(): number | undefined {
    return this.stream.columns;
  }

  get isIdle(): boolean {
    return this.stream.destroyed || this.stream.writableLength === 0;
  }

  take(bytes: Uint8Array): number | 'gone' {
    // EPIPE (`| head`) destroys the stream.
    if (this.stream.destroyed || this.stream.errored !== null) return 'gone';
    if (this.stream.writableNeedDrain) return 0;
    this.stream.write(bytes);
    return bytes.length;
  }

  whenRoom(callback: () => void): void {
    const once = () => {
      this.stream.off('drain', once);
      this.stream.off('close', once);
      callback();
    };
    this.stream.once('drain', once);
    this.stream.once('close', once);
  }
}
