/** All drains, those that go on first: how each stands against its deadline. */
import { getDrains } from '../drain-client.ts';
import type { DrainSummary } from '../drain-types.ts';
import { countOf, deadlineVerdict, drainStanding, endWords, leftIn } from '../model/drains.ts';
import { formatBytes, formatWhen } from '../model/format.ts';
import { hrefOf } from '../model/route.ts';
import { hostOf } from '../model/words.ts';
import { useAskedAgain } from '../parts/asked-again.ts';
import { mayOperate, nowMs } from '../store.ts';

const EVERY_MS = 2000;

export function DrainsScreen() {
  const { value: drains, problem } = useAskedAgain(getDrains, EVERY_MS);
  const running = (drains ?? []).filter(({ final }) => !final);
  const over = (drains ?? []).filter(({ final }) => final);
  return (
    <>
      <div class="title">
        <h1 tabIndex={-1}>Drains</h1>
        {mayOperate.value && drains !== undefined && (
          <a class="button" href={hrefOf({ screen: 'start-drain', host: '' })}>
            Drain a host…
          </a>
        )}
      </div>
      <p class="problem" role="alert">
        {problem}
      </p>
      {drains?.length === 0 && (
        <section class="empty">
          <p>No host is being drained, and none was.</p>
          <p>A drain moves all VMs of a host to others, within a time that you state.</p>
        </section>
      )}
      {running.length > 0 && <Table title="Go on" drains={running} />}
      {over.length > 0 && <Table title="Over" drains={over} />}
    </>
  );
}

function Table({ title, drains }: { title: string; drains: readonly DrainSummary[] }) {
  return (
    <section>
      <h2>
        {title} <span class="count">{drains.length}</span>
      </h2>
      <table class="rows drains">
        <caption class="hidden">Drains: {title}</caption>
        <thead>
          <tr>
            <th scope="col">Host</th>
            <th scope="col">State</th>
            <th scope="col">VMs</th>
            <th scope="col" class="right">
              Memory left
            </th>
            <th scope="col">Ends</th>
            <th scope="col">Deadline</th>
            <th scope="col">Asked by</th>
          </tr>
        </thead>
        <tbody>
          {drains.map((each) => (
            <Row key={each.id} of={each} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ of }: { of: DrainSummary }) {
  const { words, tone } = drainStanding(of);
  const verdict = deadlineVerdict(of, nowMs.value);
  const now = new Date(nowMs.value);
  return (
    <tr>
      <th scope="row" data-label="Host">
        <a class="vm" href={hrefOf({ screen: 'drain', id: of.id })} title={of.host}>
          {hostOf(of.host)}
        </a>
        <span class="way num">begun {formatWhen(new Date(of.begun), now)}</span>
      </th>
      <td data-label="State">
        <span class={`chip ${tone}`}>{words}</span>
      </td>
      <td data-label="VMs" class="counts">
        <Counts of={of} />
      </td>
      <td data-label="Memory left" class="right num">
        {leftIn(of) === 0 ? '–' : formatBytes(of.memoryBytes.left)}
      </td>
      <td data-label="Ends" class={of.forecastEnd === null && !of.final ? 'idle' : ''}>
        {of.final ? (
          <span class="num">{of.endedAt === null ? '' : formatWhen(new Date(of.endedAt), now)}</span>
        ) : (
          <span class={of.forecastEnd ? 'num' : 'num none'}>
            {of.forecastEnd ? endWords(of, nowMs.value) : '–'}
          </span>
        )}
      </td>
      <td data-label="Deadline" class={of.deadline === null ? 'idle' : ''}>
        {of.deadline === null ? (
          <span class="none">none</span>
        ) : (
          <>
            <span class="num">{formatWhen(new Date(of.deadline), now)}</span>
            {verdict && <span class={`way verdict ${verdict.tone}`}>{verdict.words}</span>}
          </>
        )}
      </td>
      <td data-label="Asked by">
        {of.requestedBy}
        {of.reason !== null && <span class="way">{of.reason}</span>}
      </td>
    </tr>
  );
}

function Counts({ of: { counts } }: { of: DrainSummary }) {
  const held = counts.held + counts.unknown;
  const left = counts.left + counts.gone;
  const told = [
    ...(counts.moving > 0 ? [`${counts.moving} on the way`] : []),
    ...(counts.queued > 0 ? [`${counts.queued} wait`] : []),
    ...(counts.moved > 0 ? [`${counts.moved} moved`] : []),
    ...(left > 0 ? [`${left} left or gone`] : []),
  ];
  return (
    <>
      {held > 0 && <b class="asks">{held === 1 ? '1 needs you' : `${held} need you`}</b>}
      {held > 0 && told.length > 0 && ' · '}
      {told.join(' · ')}
      {held === 0 && told.length === 0 && <span class="dim">{countOf(0)}</span>}
    </>
  );
}
