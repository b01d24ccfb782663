/** What a drain would come to: who cannot leave and what would help, who goes where and when, and whether the deadline holds. */
import type { DrainPlan, MoveInPlan } from '../drain-types.ts';
import {
  clockIn,
  deadlineSentence,
  heldReasons,
  planSentence,
  planVerdict,
  roomSentence,
  windowsSentence,
} from '../model/drain-plan-words.ts';
import { formatBytes, formatDuration, formatTotal } from '../model/format.ts';
import { estimateWords } from '../model/plan-words.ts';
import { hostOf } from '../model/words.ts';
import { Sentence } from './sentence.tsx';

export function DrainPlanView({ of }: { of: DrainPlan }) {
  const { words, tone } = planVerdict(of);
  const deadline = deadlineSentence(of);
  const windows = windowsSentence(of);
  return (
    <section class="plan drainplan" aria-labelledby="plan">
      <h2 id="plan" tabIndex={-1}>
        The plan for {hostOf(of.host)}
      </h2>
      <p class="stateline">
        <span class={`chip ${tone}`}>{words}</span>
        <span class="waits">
          <Sentence of={planSentence(of)} />
        </span>
      </p>
      {deadline && (
        <p class="stateline">
          <span
            class={`chip ${{ holds: 'good', doubtful: 'brake', missed: 'bad' }[of.deadline?.verdict ?? 'holds']}`}
          >
            deadline
          </span>
          <span class="waits">
            <Sentence of={deadline} />
          </span>
        </p>
      )}
      {windows && <p class="dim">{windows}</p>}
      {of.unreachable.length > 0 && (
        <ul class="reasons">
          {of.unreachable.map(({ destination, words: why }) => (
            <li key={destination} class="todo">
              {hostOf(destination)} does not answer: {why}
            </li>
          ))}
        </ul>
      )}
      {of.held.length > 0 && <Held of={of} />}
      {of.moves.length > 0 && <Moves of={of} />}
      {of.moves.length > 0 && <p class="dim">{roomSentence(of)}</p>}
    </section>
  );
}

function Held({ of: { held } }: { of: DrainPlan }) {
  return (
    <>
      <h3>Cannot leave</h3>
      <ul class="ways heldplan">
        {held.map((vm) => (
          <li key={vm.uuid}>
            <b>{vm.name}</b>
            <span>
              {heldReasons(vm).map(({ words, remedy }) => (
                <span key={words} class="why">
                  <Sentence of={words} />
                  {remedy !== null && (
                    <span class="helps">
                      <b>What would help:</b> <Sentence of={remedy} />
                    </span>
                  )}
                </span>
              ))}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** From where on its moves are drawn, in milliseconds after it was made: nothing is to be seen before a window opens. */
function axisOf({ moves, wholeMs, openings }: DrainPlan): Axis {
  const untilMs = Math.max(1, wholeMs?.high ?? 0, ...moves.map(({ endsMs }) => endsMs?.likely ?? 0));
  return { fromMs: Math.min(untilMs - 1, Math.max(0, openings[0]?.opensMs ?? 0)), untilMs };
}

interface Axis {
  readonly fromMs: number;
  readonly untilMs: number;
}

function Moves({ of }: { of: DrainPlan }) {
  const { moves, openings } = of;
  const axis = axisOf(of);
  const hasWindows = openings.length > 0;
  return (
    <>
      <h3>Leave, in this order</h3>
      <table class="rows drainmoves">
        <caption class="hidden">Who goes where, and when</caption>
        <thead>
          <tr>
            <th scope="col">VM</th>
            <th scope="col">To</th>
            <th scope="col" class="right">
              Starts
            </th>
            <th scope="col">Takes</th>
            <th scope="col">Pause</th>
            <th scope="col" class="time">
              {hasWindows
                ? `${clockIn(of, axis.fromMs)} to ${clockIn(of, axis.untilMs)}, windows shaded`
                : `Until ${formatTotal(axis.untilMs)}`}
            </th>
          </tr>
        </thead>
        <tbody>
          {moves.map((each) => (
            <Move key={each.uuid} of={each} plan={of} axis={axis} />
          ))}
        </tbody>
      </table>
    </>
  );
}

function Move({ of, plan, axis }: { of: MoveInPlan; plan: DrainPlan; axis: Axis }) {
  const between = (estimate: MoveInPlan['totalMs'], format: (ms: number) => string) => {
    if (!estimate) return <span class="num none">–</span>;
    const [likely, range] = estimateWords(estimate, format);
    return (
      <>
        <span class="num">{likely}</span> <span class="dim num">{range}</span>
      </>
    );
  };
  return (
    <tr>
      <th scope="row" data-label="VM">
        <span class="vm">{of.name}</span>
        <span class="way">{formatBytes(of.memoryBytes)}</span>
      </th>
      <td data-label="To" title={of.to}>
        {hostOf(of.to)}
      </td>
      <td data-label="Starts" class="right num">
        {of.startsMs ? `+${formatTotal(of.startsMs.likely)}` : '–'}
        {of.startsMs && plan.openings.length > 0 && (
          <span class="way">{clockIn(plan, of.startsMs.likely)}</span>
        )}
      </td>
      <td data-label="Takes">
        {between(of.totalMs, formatTotal)}
        {of.unknown !== null && <span class="way">{of.unknown}</span>}
      </td>
      <td data-label="Pause">
        {between(of.pauseMs, formatDuration)}{' '}
        {of.memoryIntensive && <span class="chip pause">longer than always fine</span>}
      </td>
      <td data-label="Time" class={of.startsMs ? 'time' : 'time idle'}>
        <div class="lane">
          <svg viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
            {plan.openings.map(({ opensMs, closesMs }) => (
              <rect key={opensMs} class="open" {...spanIn(axis, opensMs, closesMs)} y="0" height="10" />
            ))}
            <line class="grid" x1="0" x2="1000" y1="9.5" y2="9.5" />
            {of.startsMs && of.endsMs && (
              <rect
                class={`run ${of.memoryIntensive ? 'pause' : 'moving'}`}
                {...spanIn(axis, of.startsMs.likely, of.endsMs.likely)}
                y="2"
                height="6"
              />
            )}
          </svg>
        </div>
      </td>
    </tr>
  );
}

/** Of a bar, in thousandths of the axis, and wide enough to be seen. */
function spanIn({ fromMs, untilMs }: Axis, startMs: number, endMs: number) {
  const place = (ms: number) =>
    (1000 * (Math.min(untilMs, Math.max(fromMs, ms)) - fromMs)) / (untilMs - fromMs);
  const x = place(startMs);
  return { x: x.toFixed(1), width: Math.max(3, place(endMs) - x).toFixed(1) };
}
