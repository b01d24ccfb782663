/** All migrations that run, and what ended lately; those that ask for a person are on top. */
import { useState } from 'preact/hooks';
import type { MigrationSummary } from '../api-types.ts';
import { arrivalOf, shownUntilMs } from '../model/arrival.ts';
import { type Group, grouped } from '../model/fleet.ts';
import { formatRate } from '../model/format.ts';
import { type TimeWindow, windowFor } from '../model/lanes.ts';
import { CancelDialog } from '../parts/cancel-dialog.tsx';
import { Bytes, Chip, Pause, Rates } from '../parts/figures.tsx';
import { Lane, LaneAxis } from '../parts/lane.tsx';
import { Sentence } from '../parts/sentence.tsx';
import { Vm } from '../parts/vm.tsx';
import { fleet, known, mayOperate, nowMs } from '../store.ts';

export function RunningScreen() {
  const [cancelling, setCancelling] = useState<string | undefined>(undefined);
  const groups = grouped(fleet.value, nowMs.value);
  const shown = groups.flatMap(({ migrations }) => migrations);
  const running = shown.filter(({ final }) => !final);
  const window = windowFor(
    running.map(({ startedAt }) => Date.parse(startedAt)),
    running.map(arrivalOf).flatMap((arrival) => (arrival ? [shownUntilMs(arrival)] : [])),
    nowMs.value,
  );
  const asked = cancelling === undefined ? undefined : fleet.value.get(cancelling);
  return (
    <>
      <h1 tabIndex={-1}>Running migrations</h1>
      <Totals groups={groups} />
      {shown.length === 0 && known.value && (
        <section class="empty">
          <p>Nothing is being migrated.</p>
          <p>
            {mayOperate.value && (
              <>
                <a href="#/start">Start a migration</a>, or look at{' '}
              </>
            )}
            <a href="#/history">what has been</a>.
          </p>
        </section>
      )}
      {shown.length > 0 && (
        <table class="rows running">
          <caption class="hidden">Running migrations, by what they are at</caption>
          <thead>
            <tr>
              <th scope="col">VM</th>
              <th scope="col">State</th>
              <th scope="col">Waits for</th>
              <th scope="col" class="right">
                Remaining
              </th>
              <th scope="col">Sent against dirtied</th>
              <th scope="col">Pause, forecast</th>
              <th scope="col" class="time">
                <LaneAxis window={window} />
              </th>
              <th scope="col">
                <span class="hidden">Actions</span>
              </th>
            </tr>
          </thead>
          {groups.map((group) => (
            <tbody key={group.key} class={group.key}>
              <tr class="group">
                <th colSpan={8} scope="rowgroup">
                  {group.title} <span class="count">{group.migrations.length}</span>
                </th>
              </tr>
              {group.migrations.map((each) => (
                <Row key={each.id} of={each} window={window} onCancel={() => setCancelling(each.id)} />
              ))}
            </tbody>
          ))}
        </table>
      )}
      {asked && <CancelDialog of={asked} onClose={() => setCancelling(undefined)} />}
    </>
  );
}

function Row({ of, window, onCancel }: { of: MigrationSummary; window: TimeWindow; onCancel: () => void }) {
  return (
    <tr>
      <th scope="row" data-label="VM">
        <Vm of={of} />
      </th>
      <td data-label="State">
        <Chip of={of} />
        <span class="pass">{of.pass !== null && !of.final && `pass ${of.pass}`}</span>
      </td>
      <td data-label={of.final ? 'What happened' : 'Waits for'} class="waits">
        <span class="clamped" title={of.waitsFor}>
          <Sentence of={of.waitsFor} />
        </span>
        {of.reasons
          .filter(({ remedy }) => remedy !== null)
          .map(({ code, remedy }) => (
            <span key={code} class="remedy">
              To do: {remedy}
            </span>
          ))}
      </td>
      <td data-label="Remaining" class={of.final ? 'right over' : 'right'}>
        {of.final ? <span class="num none">–</span> : <Bytes of={of.remainingBytes} />}
      </td>
      <td data-label={of.final ? 'Sent' : 'Sent against dirtied'}>
        {of.final ? <Total of={of} /> : <Rates of={of} />}
      </td>
      <td data-label={of.final ? 'Pause' : 'Pause, forecast'}>
        <Pause of={of} />
      </td>
      <td data-label="Time" class="time">
        <Lane of={of} window={window} nowMs={nowMs.value} />
      </td>
      <td class="act">
        {mayOperate.value && of.actions.includes('cancel') && (
          <button
            type="button"
            class="quiet"
            onClick={onCancel}
            aria-label={`Cancel the migration of ${of.vm}`}
          >
            Cancel…
          </button>
        )}
      </td>
    </tr>
  );
}

function Total({ of }: { of: MigrationSummary }) {
  return (
    <span class="total">
      <Bytes of={of.sentBytes} />
    </span>
  );
}

/** What all of them take together: the load on the links. */
function Totals({ groups }: { groups: readonly Group[] }) {
  const running = groups.flatMap(({ migrations }) => migrations).filter(({ final }) => !final);
  const sum = (figure: (of: MigrationSummary) => number | null) => {
    const known = running.map(figure).filter((each) => each !== null);
    return known.length === 0 ? null : known.reduce((total, each) => total + each, 0);
  };
  const over = running.filter(({ forecastPauseMs, maxDowntimeMs }) => (forecastPauseMs ?? 0) > maxDowntimeMs);
  const number = (key: Group['key']) => groups.find((each) => each.key === key)?.migrations.length ?? 0;
  return (
    <dl class="totals">
      <Figure
        words={number('person') === 1 ? 'needs a person' : 'need a person'}
        value={String(number('person'))}
        tone={number('person') > 0 ? 'ask' : ''}
      />
      <Figure words="running" value={String(running.length)} />
      <Figure words="over their limit now" value={String(over.length)} />
      <Figure words="sent, all links" value={formatRate(sum((each) => each.transferBytesPerSecond))} />
      <Figure words="dirtied, all guests" value={formatRate(sum((each) => each.dirtyBytesPerSecond))} />
    </dl>
  );
}

function Figure({ words, value, tone = '' }: { words: string; value: string; tone?: string }) {
  return (
    <div class={tone}>
      <dt>{words}</dt>
      <dd class="num">{value}</dd>
    </div>
  );
}
