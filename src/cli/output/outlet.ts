/** Where output goes, as {@link Output} needs it: it takes what fits at once and never waits. */
export interface Outlet {
  /** Somebody may sit before it: lines can be rewritten in place. */
  readonly isTTY: boolean;
  /** Width in characters; undefined, or 0, where it is not known. */
  readonly columns: number | undefined;
  /**
   * @returns how many of the bytes were taken; fewer than all: it is full. 'gone': nobody will ever read again
   */
  take(bytes: Uint8Array): number | 'gone';
  /** All that was taken has left this process. */
  readonly isIdle: boolean;
  /** Calls back once, when it may take bytes again. */
  whenRoom(callback: () => void): void;
}
