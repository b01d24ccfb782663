/** A drain on its time axis: what has been, the forecast end with its interval, and the deadline; and each VM's move below it. */
import type { Drain, DrainVm } from '../drain-types.ts';
import { clockLabels, type DrainAxis } from '../model/drain-axis.ts';
import { deadlineVerdict, drainStanding, endWords, vmStanding } from '../model/drains.ts';
import { formatClock, formatElapsed, formatWhen } from '../model/format.ts';
import { placeIn } from '../model/lanes.ts';

const WIDTH = 1000;

export function DrainTime({ of, axis, nowMs }: { of: Drain; axis: DrainAxis; nowMs: number }) {
  const verdict = deadlineVerdict(of, nowMs);
  const x = (atMs: number) => placeIn(axis, atMs) * WIDTH;
  const { tone } = drainStanding(of);
  const { forecastEnd, deadline } = of;
  const now = new Date(nowMs);
  return (
    <section class="draintime" aria-labelledby="draintime">
      <h2 id="draintime">Deadline against forecast</h2>
      <p class="stateline">
        {verdict && <span class={`chip ${verdict.tone}`}>{verdict.words}</span>}
        <span class="waits">
          {verdict?.more} {deadline === null && !of.final && 'It has no deadline.'}
        </span>
      </p>
      <div class="lane">
        <svg viewBox={`0 0 ${WIDTH} 20`} preserveAspectRatio="none" aria-hidden="true">
          <Grid axis={axis} height={20} />
          <rect
            class={`run ${tone}`}
            x={x(axis.fromMs).toFixed(1)}
            width={Math.max(3, x(axis.nowMs) - x(axis.fromMs)).toFixed(1)}
            y="6"
            height="8"
          />
          {forecastEnd && (
            <g class="ahead moving">
              <rect
                x={x(axis.nowMs).toFixed(1)}
                width={Math.max(0, x(Date.parse(forecastEnd.likely)) - x(axis.nowMs)).toFixed(1)}
                y="6"
                height="8"
              />
              <line
                x1={x(Date.parse(forecastEnd.low))}
                x2={x(Date.parse(forecastEnd.high))}
                y1="10"
                y2="10"
              />
              {[forecastEnd.low, forecastEnd.high].map((time) => (
                <line key={time} x1={x(Date.parse(time))} x2={x(Date.parse(time))} y1="7.5" y2="12.5" />
              ))}
              <line
                class="likely"
                x1={x(Date.parse(forecastEnd.likely))}
                x2={x(Date.parse(forecastEnd.likely))}
                y1="3"
                y2="17"
              />
            </g>
          )}
          {deadline !== null && !axis.deadlineIsBeyond && (
            <line class="deadline" x1={x(Date.parse(deadline))} x2={x(Date.parse(deadline))} y1="0" y2="20" />
          )}
        </svg>
      </div>
      <ClockAxis axis={axis} />
      <dl class="legend">
        <div>
          <dt>Begun</dt>
          <dd class="num">{formatWhen(new Date(of.begun), now)}</dd>
        </div>
        {of.final || of.state === 'empty' ? (
          <div>
            <dt>{of.final ? 'Ended' : 'Empty since'}</dt>
            <dd class="num">{whenOf(of.final ? of.endedAt : of.emptySince, now)}</dd>
          </div>
        ) : (
          of.state !== 'blocked' && (
            <div>
              <dt class="forecast">
                {of.kind === 'return'
                  ? 'Those that can come back are back'
                  : 'Those that can leave have left'}
              </dt>
              <dd class="num">
                {forecastEnd ? `${whenOf(forecastEnd.likely, now)}, ${endWords(of, nowMs)}` : 'not known'}
              </dd>
            </div>
          )
        )}
        {deadline !== null && (
          <div>
            <dt class="deadline">Deadline</dt>
            <dd class="num">
              {whenOf(deadline, now)}
              {axis.deadlineIsBeyond && <span class="dim"> beyond the axis</span>}
            </dd>
          </div>
        )}
      </dl>
    </section>
  );
}

function whenOf(time: string | null, now: Date): string {
  return time === null ? 'not known' : formatWhen(new Date(time), now);
}

function Grid({ axis, height }: { axis: DrainAxis; height: number }) {
  return (
    <>
      {clockLabels(axis).map(({ atMs }) => (
        <line
          key={atMs}
          class="grid"
          x1={placeIn(axis, atMs) * WIDTH}
          x2={placeIn(axis, atMs) * WIDTH}
          y1="0"
          y2={height}
        />
      ))}
      <line
        class="grid now"
        x1={placeIn(axis, axis.nowMs) * WIDTH}
        x2={placeIn(axis, axis.nowMs) * WIDTH}
        y1="0"
        y2={height}
      />
    </>
  );
}

export function ClockAxis({ axis }: { axis: DrainAxis }) {
  return (
    <span class="axis">
      <span class="hidden">Time</span>
      <svg aria-hidden="true">
        {clockLabels(axis).map(({ atMs, words }) => {
          const place = placeIn(axis, atMs);
          return (
            <text
              key={atMs}
              x={`${(place * 100).toFixed(2)}%`}
              y="1em"
              text-anchor={place > 0.95 ? 'end' : place < 0.05 ? 'start' : 'middle'}
            >
              {words}
            </text>
          );
        })}
      </svg>
    </span>
  );
}

/** When one VM moved. */
export function VmLane({ of, axis, nowMs }: { of: DrainVm; axis: DrainAxis; nowMs: number }) {
  const { startedAt, endedAt, state } = of;
  const moved = startedAt !== null && (state === 'moving' || state === 'moved');
  const startMs = Date.parse(startedAt ?? '');
  const endMs = endedAt === null ? nowMs : Date.parse(endedAt);
  const x = (atMs: number) => placeIn(axis, atMs) * WIDTH;
  return (
    <div class="lane">
      <svg viewBox={`0 0 ${WIDTH} 10`} preserveAspectRatio="none" aria-hidden="true">
        <Grid axis={axis} height={10} />
        {moved && (
          <rect
            class={`run ${vmStanding(state).tone}`}
            x={x(startMs).toFixed(1)}
            width={Math.max(3, x(endMs) - x(startMs)).toFixed(1)}
            y="2"
            height="6"
          />
        )}
      </svg>
      {moved && (
        <span class="elapsed num">
          {state === 'moving'
            ? formatElapsed(endMs - startMs)
            : `${formatClock(new Date(endMs))}, after ${formatElapsed(endMs - startMs)}`}
        </span>
      )}
    </div>
  );
}
