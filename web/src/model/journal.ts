/** The entries of a journal, as far as the page shows them. Words that only people read are strings. */

interface Boundary {
  readonly atMs: number;
  readonly pass: number;
  readonly sentBytes: number;
  readonly remainingBytes: number;
  /** Left out at the first boundary, which ends no pass. */
  readonly ended?: {
    readonly durationMs: number;
    readonly bandwidthBytesPerSecond: number;
    readonly dirtyRateBytesPerSecond: number;
  };
  readonly pauseForecastMs?: number;
}

interface Tick {
  readonly atMs: number;
  readonly pass: number;
  readonly sentBytes: number;
  readonly remainingBytes: number;
  readonly throttlePercent?: number;
}

interface Decision {
  readonly action: string;
  readonly reason: string;
  readonly throttlePercent?: number;
}

export type Happening =
  | {
      readonly type: 'opened';
      readonly policy: string;
      readonly vm: string;
      readonly destination: string | null;
      readonly limits: { readonly downtimeMs: number; readonly maxDowntimeMs: number };
    }
  | { readonly type: 'boundary'; readonly boundary: Boundary }
  | { readonly type: 'tick'; readonly tick: Tick }
  | { readonly type: 'decision'; readonly pass: number; readonly decision: Decision }
  | { readonly type: 'effect'; readonly did: string }
  | { readonly type: 'state'; readonly from: string; readonly to: string }
  | { readonly type: 'guest'; readonly event: 'stopped' | 'resumed'; readonly side: string }
  | { readonly type: 'intent'; readonly intent: string; readonly side: string | null }
  | {
      readonly type: 'monitor';
      readonly side: string;
      readonly state: 'lost' | 'back' | 'ended';
      readonly words: string;
    }
  | { readonly type: 'restored'; readonly side: string; readonly problem: string | null }
  | { readonly type: 'warning'; readonly message: string }
  | {
      readonly type: 'ended';
      readonly outcome: {
        readonly outcome: string;
        readonly reason: string;
        readonly pauseMs: number | null;
      };
    }
  | { readonly type: 'foreseen' | 'probed' | 'before' | 'status' | 'located' };

export type JournalEntry = Happening & {
  readonly seq: number;
  readonly atMs: number;
};
