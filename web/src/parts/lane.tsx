/** A migration on the common time axis: from its start until now, or until its end. */
import type { MigrationSummary } from '../api-types.ts';
import { formatElapsed } from '../model/format.ts';
import { axisLabels, placeIn, type TimeWindow } from '../model/lanes.ts';
import { standing } from '../model/words.ts';

const WIDTH = 1000;

/** How long it runs by now: the service tells it at each change, and time goes on in between. */
export function elapsedMs({ final, elapsedMs: told, startedAt }: MigrationSummary, nowMs: number): number {
  return final ? told : Math.max(told, nowMs - Date.parse(startedAt));
}

export function Lane({ of, window, nowMs }: { of: MigrationSummary; window: TimeWindow; nowMs: number }) {
  const startMs = Date.parse(of.startedAt);
  const from = placeIn(window, startMs) * WIDTH;
  const endMs = startMs + elapsedMs(of, nowMs);
  const until = placeIn(window, endMs) * WIDTH;
  return (
    <div class="lane">
      <span class="num">{formatElapsed(elapsedMs(of, nowMs))}</span>
      <svg viewBox={`0 0 ${WIDTH} 10`} preserveAspectRatio="none" aria-hidden="true">
        {axisLabels(window).map(({ place }) => (
          <line key={place} class="grid" x1={place * WIDTH} x2={place * WIDTH} y1="0" y2="10" />
        ))}
        {endMs >= window.fromMs && (
          <rect
            class={`run ${standing(of).tone}`}
            x={from.toFixed(1)}
            width={Math.max(3, until - from).toFixed(1)}
            y="2"
            height="6"
          />
        )}
      </svg>
    </div>
  );
}

export function LaneAxis({ window }: { window: TimeWindow }) {
  return (
    <span class="axis">
      Time
      <svg aria-hidden="true">
        {axisLabels(window).map(({ place, words }) => (
          <text key={words} x={`${(place * 100).toFixed(2)}%`} y="1em" text-anchor="middle">
            {words}
          </text>
        ))}
        <text x="100%" y="1em" text-anchor="end">
          now
        </text>
      </svg>
    </span>
  );
}
