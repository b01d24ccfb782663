/** One migration: where it stands, what was decided and why, and the plots that explain it. */
import { useEffect, useState } from 'preact/hooks';
import type { Action, MigrationSummary } from '../api-types.ts';
import { type Followed, follow } from '../followed.ts';
import { arrivalWords } from '../model/arrival.ts';
import { formatBytes, formatDuration, formatElapsed, formatOffset, formatWhen } from '../model/format.ts';
import type { StoryLine } from '../model/story.ts';
import { CancelDialog } from '../parts/cancel-dialog.tsx';
import { Bytes, Chip, Pause, Rates } from '../parts/figures.tsx';
import { elapsedMs } from '../parts/lane.tsx';
import { LimitsDialog } from '../parts/limits-dialog.tsx';
import { Plots } from '../parts/plots.tsx';
import { Sentence } from '../parts/sentence.tsx';
import { SwitchoverDialog } from '../parts/switchover-dialog.tsx';
import { Way } from '../parts/vm.tsx';
import { WhatIf } from '../parts/what-if.tsx';
import { fleet, mayOperate, nowMs } from '../store.ts';

export function MigrationScreen({ id }: { id: string }) {
  const [followed, setFollowed] = useState<Followed | undefined>(undefined);
  useEffect(() => {
    const begun = follow(id);
    setFollowed(begun);
    return () => begun.end();
  }, [id]);
  const of = fleet.value.get(id);
  const problem = followed?.problem.value;
  if (problem !== undefined && !of)
    return (
      <section class="empty">
        <h1 tabIndex={-1}>Migration {id}</h1>
        <p>{problem}</p>
      </section>
    );
  if (!of || !followed)
    return (
      <h1 tabIndex={-1} class="waiting">
        Migration {id}…
      </h1>
    );
  return (
    <>
      <Heading of={of} />
      <Figures of={of} />
      <Plots series={followed.series} of={of} />
      <Story story={followed.story.value} />
      <WhatIf of={of} />
      <Facts of={of} />
    </>
  );
}

function Heading({ of }: { of: MigrationSummary }) {
  const [dialog, setDialog] = useState<Action | undefined>(undefined);
  const may = (action: Action) => mayOperate.value && of.actions.includes(action);
  const close = () => setDialog(undefined);
  return (
    <section class="heading">
      <div class="title">
        <h1 tabIndex={-1}>{of.vm}</h1>
        <Way of={of} />
        <div class="buttons">
          {may('switchover') && (
            <button type="button" onClick={() => setDialog('switchover')}>
              Switch over now…
            </button>
          )}
          {may('limits') && (
            <button type="button" onClick={() => setDialog('limits')}>
              Change limits…
            </button>
          )}
          {may('cancel') && (
            <button type="button" class="danger" onClick={() => setDialog('cancel')}>
              Cancel…
            </button>
          )}
        </div>
      </div>
      <p class="stateline">
        <span aria-live="polite">
          <Chip of={of} />
        </span>
        {of.pass !== null && !of.final && <span class="num">pass {of.pass}</span>}
        <span class="waits">
          <Sentence of={of.waitsFor} />
        </span>
      </p>
      <ul class="reasons">
        {of.reasons.map(({ code, words, remedy }) => (
          <li key={code + words} class={remedy === null ? '' : 'todo'}>
            {/* It is said above already. */}
            {words !== of.waitsFor && words}
            {remedy !== null && <span class="remedy">To do: {remedy}</span>}
          </li>
        ))}
      </ul>
      {dialog === 'switchover' && <SwitchoverDialog of={of} onClose={close} />}
      {dialog === 'cancel' && <CancelDialog of={of} onClose={close} />}
      {dialog === 'limits' && <LimitsDialog of={of} onClose={close} />}
    </section>
  );
}

function Figures({ of }: { of: MigrationSummary }) {
  return (
    <dl class="figures">
      <div>
        <dt>{of.final ? 'Took' : 'Running for'}</dt>
        <dd class="num big">{formatElapsed(elapsedMs(of, nowMs.value))}</dd>
        {!of.final && <dd class="until num">{arrivalWords(of, nowMs.value)}</dd>}
      </div>
      {of.outcome !== 'completed' && (
        <div>
          <dt>{of.final ? 'Remained' : 'Remaining'}</dt>
          <dd class="big">
            <Bytes of={of.remainingBytes} />
          </dd>
        </div>
      )}
      <div>
        <dt>
          {of.final ? 'Sent' : 'Sent so far'} · memory of {formatBytes(of.memoryBytes)}
        </dt>
        <dd class="big">
          <Bytes of={of.sentBytes} />
        </dd>
      </div>
      <div>
        <dt>Sent against dirtied</dt>
        <dd>
          <Rates of={of} />
        </dd>
      </div>
      <div>
        <dt>{of.final ? 'Pause, measured · limit' : 'Forecast pause · limit'}</dt>
        <dd>
          <Pause of={of} />
        </dd>
      </div>
    </dl>
  );
}

function Facts({ of }: { of: MigrationSummary }) {
  const facts: readonly (readonly [string, string])[] = [
    ['From', of.source],
    ['To', of.destination ?? 'not known'],
    ['Policy', of.policy],
    ['Pause that is always fine', formatDuration(of.downtimeMs)],
    ['Longest pause allowed', formatDuration(of.maxDowntimeMs)],
    ['Encrypted on its way', of.encrypted === null ? 'not known' : of.encrypted ? 'yes' : 'no'],
    ['Began', formatWhen(new Date(of.startedAt), new Date(nowMs.peek()))],
    ['Asked by', of.requestedBy ?? 'not known'],
    ['Reason', of.reason ?? 'none was given'],
    ['Their number', of.correlationId ?? 'none was given'],
    ['Number', of.id],
    ['UUID of the VM', of.vmUuid ?? 'not known'],
  ];
  return (
    <section>
      <h2>What it is</h2>
      <dl class="facts">
        {facts.map(([words, value]) => (
          <div key={words}>
            <dt>{words}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function passesOf({ pass, untilPass }: StoryLine): string {
  return pass === untilPass ? String(pass ?? '') : `${pass}–${untilPass}`;
}

const KINDS: Readonly<Record<string, string>> = { did: 'done', monitor: 'monitor' };

function Story({ story }: { story: readonly StoryLine[] }) {
  return (
    <section>
      <h2>What was decided, and why</h2>
      <table class="story">
        <caption class="hidden">Decisions and events, the newest first</caption>
        <thead>
          <tr>
            <th scope="col" class="right">
              At
            </th>
            <th scope="col" class="right">
              Pass
            </th>
            <th scope="col">Kind</th>
            <th scope="col">In words</th>
          </tr>
        </thead>
        <tbody>
          {story.toReversed().map((line) => (
            <tr key={line.seq} class={`${line.kind} ${line.tone}`}>
              <td class="right num">{formatOffset(line.atMs)}</td>
              <td class="right num">{passesOf(line)}</td>
              <td class="kind">{KINDS[line.kind] ?? line.kind}</td>
              <td>
                <Sentence of={line.words} />
                {line.times > 1 && (
                  <span class="dim">
                    {' '}
                    ({line.times} times until {formatOffset(line.untilMs)})
                  </span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
