/** A migration on the common time axis: from its start until now, and on to where its end is forecast. */
import type { MigrationSummary } from '../api-types.ts';
import { arrivalOf, arrivalWords } from '../model/arrival.ts';
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
  const endMs = startMs + elapsedMs(of, nowMs);
  const x = (atMs: number) => placeIn(window, atMs) * WIDTH;
  const { tone } = standing(of);
  const until = arrivalWords(of, nowMs);
  return (
    <div class="lane">
      <svg viewBox={`0 0 ${WIDTH} 10`} preserveAspectRatio="none" aria-hidden="true">
        {axisLabels(window).map(({ place, words }) => (
          <line
            key={words}
            class={words === 'now' ? 'grid now' : 'grid'}
            x1={place * WIDTH}
            x2={place * WIDTH}
            y1="0"
            y2="10"
          />
        ))}
        {endMs >= window.fromMs && (
          <rect
            class={`run ${tone}`}
            x={x(startMs).toFixed(1)}
            width={Math.max(3, x(endMs) - x(startMs)).toFixed(1)}
            y="2"
            height="6"
          />
        )}
        <Ahead of={of} tone={tone} fromX={x(endMs)} x={x} />
      </svg>
      <span class="elapsed num">{formatElapsed(elapsedMs(of, nowMs))}</span>
      {until !== '' && <span class="until num">{until}</span>}
    </div>
  );
}

/** The likely end as a paler bar, and from the earliest to the latest a line. */
function Ahead({
  of,
  tone,
  fromX,
  x,
}: {
  of: MigrationSummary;
  tone: string;
  fromX: number;
  x: (atMs: number) => number;
}) {
  const arrival = arrivalOf(of);
  if (!arrival) return null;
  const { lowMs, likelyMs, highMs } = arrival;
  const [low, high] = [Math.max(fromX, x(lowMs)), highMs === undefined ? WIDTH : x(highMs)];
  return (
    <g class={`ahead ${tone}`}>
      {likelyMs !== undefined && (
        <rect x={fromX.toFixed(1)} width={Math.max(0, x(likelyMs) - fromX).toFixed(1)} y="2" height="6" />
      )}
      <line class={highMs === undefined ? 'open' : ''} x1={low} x2={Math.max(low, high)} y1="5" y2="5" />
      <line x1={low} x2={low} y1="3.5" y2="6.5" />
      {highMs !== undefined && high < WIDTH && <line x1={high} x2={high} y1="3.5" y2="6.5" />}
      {likelyMs !== undefined && <line class="likely" x1={x(likelyMs)} x2={x(likelyMs)} y1="1" y2="9" />}
    </g>
  );
}

export function LaneAxis({ window }: { window: TimeWindow }) {
  return (
    <span class="axis">
      <span class="hidden">Time</span>
      <svg aria-hidden="true">
        {axisLabels(window).map(({ place, words }) => (
          <text
            key={words}
            class={words === 'now' ? 'now' : ''}
            x={`${(place * 100).toFixed(2)}%`}
            y="1em"
            text-anchor={place > 0.97 ? 'end' : place < 0.03 ? 'start' : 'middle'}
          >
            {words}
          </text>
        ))}
      </svg>
    </span>
  );
}
