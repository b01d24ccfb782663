/** What a migration would come to, before it begins. */
import type { Plan, Rehearsal } from '../api-types.ts';
import { formatBytes, formatDuration, formatTotal } from '../model/format.ts';
import {
  endOf,
  estimateWords,
  knownByWords,
  meansWords,
  verdictOf,
  wayOutWords,
} from '../model/plan-words.ts';
import { formOfWayOut, type StartForm } from '../model/start-form.ts';
import { Range } from './range.tsx';
import { Sentence } from './sentence.tsx';

export interface PlanProps {
  readonly of: Plan;
  /** Somebody takes a way out. */
  readonly take: (changes: Partial<StartForm>) => void;
}

export function PlanView({ of, take }: PlanProps) {
  const { words, tone } = verdictOf(of);
  const { chosen } = of;
  return (
    <section class="plan" aria-labelledby="plan">
      <h2 id="plan" tabIndex={-1}>
        The plan for {of.vm}
      </h2>
      <p class="stateline">
        <span class={`chip ${tone}`}>{words}</span>
        <span class="waits">
          <Sentence of={of.sentence} />
        </span>
      </p>
      {of.findings.length > 0 && (
        <ul class="reasons">
          {of.findings.map(({ code, message }) => (
            <li key={code + message} class="todo">
              {message} <span class="code">{code}</span>
            </li>
          ))}
        </ul>
      )}
      {chosen?.pauseMs && chosen.totalMs && chosen.sentBytes && (
        <dl class="figures">
          <div>
            <dt>Pause</dt>
            <dd>
              <Range
                of={chosen.pauseMs}
                format={formatDuration}
                kind="pause"
                limit={of.limits.maxDowntimeMs}
              />
            </dd>
          </div>
          <div>
            <dt>Total time</dt>
            <dd>
              <Range of={chosen.totalMs} format={formatTotal} kind="time" />
            </dd>
          </div>
          <div>
            <dt>Sent</dt>
            <dd>
              <Range of={chosen.sentBytes} format={formatBytes} kind="sent" />
            </dd>
          </div>
        </dl>
      )}
      {of.waysOut.length > 0 && <WaysOut of={of} take={take} />}
      {of.notes.map((note) => (
        <p key={note} class="dim">
          {note}
        </p>
      ))}
      {chosen && (
        <details>
          <summary>What other policies and other systems would make of it</summary>
          <Comparison all={[chosen, ...of.others]} chosen={chosen} />
        </details>
      )}
      <p class="dim">{knownByWords(of)}</p>
    </section>
  );
}

function WaysOut({ of, take }: PlanProps) {
  return (
    <>
      <h3>What would make it possible</h3>
      <ul class="ways">
        {of.waysOut.map(({ option, rehearsal }) => {
          const changes = formOfWayOut(option);
          return (
            <li key={option}>
              <b>{wayOutWords(option)}</b>
              <span>{comesTo(rehearsal)}</span>
              {changes && (
                <button type="button" onClick={() => take(changes)}>
                  Plan it so<span class="hidden">: {wayOutWords(option)}</span>
                </button>
              )}
            </li>
          );
        })}
      </ul>
    </>
  );
}

function comesTo(rehearsal: Rehearsal): string {
  const { pauseMs, totalMs, reason } = rehearsal;
  if (!pauseMs || !totalMs) return reason;
  const means = meansWords(rehearsal);
  return `a pause of ${formatDuration(pauseMs.likely)} after ${formatTotal(totalMs.likely)}${means === '' ? '' : `; ${means}`}`;
}

function Comparison({ all, chosen }: { all: readonly Rehearsal[]; chosen: Rehearsal }) {
  return (
    <table class="compared">
      <caption class="hidden">This migration under each policy</caption>
      <thead>
        <tr>
          <th scope="col">Policy</th>
          <th scope="col">Comes to</th>
          <th scope="col" class="right">
            Pause
          </th>
          <th scope="col" class="right">
            Total time
          </th>
          <th scope="col" class="right">
            Sent
          </th>
          <th scope="col">Besides</th>
        </tr>
      </thead>
      <tbody>
        {all.map((each) => {
          const { words, tone } = endOf(each);
          return (
            <tr key={each.policy} class={each === chosen ? 'chosen' : ''}>
              <th scope="row">{each.policy}</th>
              <td data-label="Comes to">
                <span class={`chip ${tone}`}>{words}</span>
              </td>
              <td data-label="Pause" class="right num">
                {likelyOf(each.pauseMs, formatDuration)}
              </td>
              <td data-label="Total time" class="right num">
                {likelyOf(each.totalMs, formatTotal)}
              </td>
              <td data-label="Sent" class="right num">
                {likelyOf(each.sentBytes, formatBytes)}
              </td>
              <td data-label="Besides" class={besides(each) === '' ? 'dim idle' : 'dim'}>
                {besides(each)}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function likelyOf(estimate: Rehearsal['pauseMs'], format: (value: number) => string): string {
  return estimate ? estimateWords(estimate, format)[0] : '–';
}

function besides(rehearsal: Rehearsal): string {
  const { neededPauseMs } = rehearsal;
  const needed = neededPauseMs === null ? [] : [`needs a pause of ${formatDuration(neededPauseMs)}`];
  return [meansWords(rehearsal), ...needed].filter((words) => words !== '').join('; ');
}
