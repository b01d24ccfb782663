/** One drain: the deadline against the forecast, who needs a person, what moves, and where there is room. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { MigrationSummary } from '../api-types.ts';
import type { Drain, DrainAction, DrainVm, VmAction } from '../drain-types.ts';
import { forgetElsewhere, lookElsewhere, migrationOf } from '../elsewhere.ts';
import { type FollowedDrain, followDrain } from '../followed-drain.ts';
import { arrivalWords } from '../model/arrival.ts';
import { type DrainAxis, drainAxis } from '../model/drain-axis.ts';
import { drainStanding, groupedVms, leftIn, type VmGroup, vmStanding } from '../model/drains.ts';
import { formatBytes } from '../model/format.ts';
import { hrefOf } from '../model/route.ts';
import { hostOf } from '../model/words.ts';
import { useAskedAgain } from '../parts/asked-again.ts';
import { Destinations } from '../parts/destinations.tsx';
import { ClockAxis, DrainTime, VmLane } from '../parts/drain-axis.tsx';
import { AllowDialog, DecideDialog, DrainDialog, RetryDialog } from '../parts/drain-dialogs.tsx';
import { Bytes, Pause } from '../parts/figures.tsx';
import { Sentence } from '../parts/sentence.tsx';
import { mayOperate, nowMs } from '../store.ts';

type Asked = { readonly what: DrainAction } | { readonly what: VmAction; readonly vm: DrainVm };

/** This service's own are told as they change. */
const ELSEWHERE_EVERY_MS = 1000;

export function DrainScreen({ id }: { id: string }) {
  const [followed, setFollowed] = useState<FollowedDrain | undefined>(undefined);
  const [asked, setAsked] = useState<Asked | undefined>(undefined);
  useEffect(() => {
    const begun = followDrain(id);
    setFollowed(begun);
    return () => {
      begun.end();
      forgetElsewhere();
    };
  }, [id]);
  const of = followed?.drain.value;
  const shown = useRef(of);
  shown.current = of;
  useAskedAgain(() => lookElsewhere(shown.current?.vms ?? []), ELSEWHERE_EVERY_MS);
  const problem = followed?.problem.value;
  if (!followed || !of)
    return problem === undefined ? (
      <h1 tabIndex={-1} class="waiting">
        Drain…
      </h1>
    ) : (
      <section class="empty">
        <h1 tabIndex={-1}>Drain {id}</h1>
        <p role="alert">{problem}</p>
      </section>
    );
  const axis = drainAxis(of, nowMs.value);
  const dialog = { of, take: (told: Drain) => followed.take(told), onClose: () => setAsked(undefined) };
  return (
    <>
      <Heading of={of} ask={(what) => setAsked({ what })} />
      <Figures of={of} />
      <DrainTime of={of} axis={axis} nowMs={nowMs.value} />
      <Vms of={of} axis={axis} ask={(what, vm) => setAsked({ what, vm })} />
      <Destinations of={of} />
      <Facts of={of} />
      {asked && !('vm' in asked) && <DrainDialog action={asked.what} {...dialog} />}
      {asked?.what === 'retry' && <RetryDialog vm={asked.vm} {...dialog} />}
      {asked?.what === 'decide' && <DecideDialog vm={asked.vm} {...dialog} />}
      {asked?.what === 'allow-pause' && <AllowDialog vm={asked.vm} {...dialog} />}
    </>
  );
}

function Heading({ of, ask }: { of: Drain; ask: (action: DrainAction) => void }) {
  const { words, tone } = drainStanding(of);
  const main = of.state === 'empty' ? 'release' : of.actions.includes('resume') ? 'resume' : undefined;
  return (
    <section class="heading">
      <div class="title">
        <h1 tabIndex={-1}>
          {of.kind === 'return' ? 'Return to' : 'Drain of'} <span title={of.host}>{hostOf(of.host)}</span>
        </h1>
        <div class="buttons">
          {mayOperate.value &&
            of.actions.map((action) => (
              <button
                key={action}
                type="button"
                class={action === 'cancel' ? 'danger' : action === main ? 'primary' : ''}
                onClick={() => ask(action)}
              >
                {action.charAt(0).toUpperCase() + action.slice(1)}…
              </button>
            ))}
        </div>
      </div>
      <p class="stateline">
        <span aria-live="polite">
          <span class={`chip ${tone}`}>{words}</span>
        </span>
        <span class="waits">
          <Sentence of={stateSentence(of)} />
        </span>
      </p>
      {of.trouble !== null && (
        <ul class="reasons">
          <li class="todo">
            {hostOf(of.host)} does not answer: {of.trouble}
          </li>
        </ul>
      )}
    </section>
  );
}

/** Those that are held are named below, each with its reason. */
function stateSentence({ state, words, counts }: Drain): string {
  if (state !== 'blocked') return words.replace(/^(draining|paused|empty): /, '');
  return `nothing moves, and nothing can begin without you or something from outside: ${counts.held + counts.unknown + counts.queued} left`;
}

function Figures({ of }: { of: Drain }) {
  const { counts } = of;
  const held = counts.held + counts.unknown;
  const figure = (words: string, value: number, tone = '') => (
    <div class={tone}>
      <dt>{words}</dt>
      <dd class="big num">{value}</dd>
    </div>
  );
  return (
    <dl class="figures drainfigures">
      {figure(held === 1 ? 'Needs you' : 'Need you', held, held > 0 ? 'ask' : '')}
      {figure('On the way', counts.moving)}
      {figure('Waiting', counts.queued)}
      {figure('Moved', counts.moved)}
      <div>
        <dt>
          {leftIn(of) === 0
            ? 'Memory of its VMs'
            : of.kind === 'return'
              ? 'Memory that is still away'
              : 'Memory that is left there'}
        </dt>
        <dd class="big">
          <Bytes of={leftIn(of) === 0 ? of.memoryBytes.all : of.memoryBytes.left} />
        </dd>
        {leftIn(of) > 0 && <dd class="until">of {formatBytes(of.memoryBytes.all)}</dd>}
      </div>
    </dl>
  );
}

interface VmsProps {
  readonly of: Drain;
  readonly axis: DrainAxis;
  readonly ask: (what: VmAction, vm: DrainVm) => void;
}

function Vms({ of, axis, ask }: VmsProps) {
  const groups = groupedVms(of.vms);
  if (groups.length === 0)
    return (
      <section>
        <h2>VMs</h2>
        <p class="dim">No VM was there when it began.</p>
      </section>
    );
  return (
    <section>
      <h2>VMs</h2>
      <table class="rows running drainvms">
        <caption class="hidden">VMs, by what they are at</caption>
        <thead>
          <tr>
            <th scope="col">VM</th>
            <th scope="col">State</th>
            <th scope="col">What it waits for</th>
            <th scope="col">Pause, forecast</th>
            <th scope="col" class="time">
              <ClockAxis axis={axis} />
            </th>
            <th scope="col">
              <span class="hidden">Actions</span>
            </th>
          </tr>
        </thead>
        {groups.map((group) => (
          <Group key={group.key} of={group} axis={axis} ask={ask} />
        ))}
      </table>
    </section>
  );
}

/** Many have moved in the end: the newest are what one looks for. */
const MOST_MOVED = 12;

function Group({ of: { key, title, vms }, axis, ask }: { of: VmGroup } & Omit<VmsProps, 'of'>) {
  const [all, setAll] = useState(false);
  const shown = key === 'moved' && !all ? vms.slice(0, MOST_MOVED) : vms;
  return (
    <tbody class={key}>
      <tr class="group">
        <th colSpan={6} scope="rowgroup">
          {title} <span class="count">{vms.length}</span>
        </th>
      </tr>
      {shown.map((vm) => (
        <Row key={vm.uuid} of={vm} axis={axis} ask={ask} />
      ))}
      {shown.length < vms.length && (
        <tr class="group">
          <th colSpan={6} scope="row">
            <button type="button" onClick={() => setAll(true)}>
              Show all {vms.length}
            </button>
          </th>
        </tr>
      )}
    </tbody>
  );
}

function Row({ of, axis, ask }: { of: DrainVm } & Omit<VmsProps, 'of'>) {
  const { words, tone } = vmStanding(of.state);
  const migration = migrationOf(of);
  return (
    <tr>
      <th scope="row" data-label="VM">
        {of.migration === null ? (
          <span class="vm">{of.name}</span>
        ) : (
          <a class="vm" href={hrefOf({ screen: 'migration', id: of.migration })}>
            {of.name}
          </a>
        )}
        <span class="way">
          {formatBytes(of.memoryBytes)}
          {of.memoryIntensive && ', alone on its link'}
        </span>
      </th>
      <td data-label="State">
        <span class={`chip ${tone}`}>{words}</span>
        {of.to !== null && of.state !== 'held' && of.state !== 'queued' && (
          <span class="way">to {hostOf(of.to)}</span>
        )}
      </td>
      <td
        data-label={of.state === 'moving' ? 'How far it is' : 'What it waits for'}
        class={of.state === 'moved' ? 'waits idle' : 'waits'}
      >
        <Waits of={of} migration={migration} />
      </td>
      <td data-label={of.state === 'moved' ? 'Pause' : 'Pause, forecast'} class={migration ? '' : 'idle'}>
        {migration ? <Pause of={migration} /> : <span class="num none">–</span>}
      </td>
      <td data-label="Time" class={of.startedAt === null ? 'time idle' : 'time'}>
        <VmLane of={of} axis={axis} nowMs={nowMs.value} />
      </td>
      <td class="act">{mayOperate.value && <Actions of={of} ask={ask} />}</td>
    </tr>
  );
}

function Waits({ of, migration }: { of: DrainVm; migration: MigrationSummary | undefined }) {
  if (of.reason)
    return (
      <>
        <Sentence of={of.state === 'queued' ? of.words : of.reason.words} />
        {of.reason.remedy !== null && of.state !== 'queued' && (
          <span class="helps">
            <b>What would help:</b> <Sentence of={of.reason.remedy} />
          </span>
        )}
      </>
    );
  if (of.state === 'moving' && migration)
    return (
      <>
        <Sentence of={migration.waitsFor} />
        <span class="way num">
          {migration.pass !== null && `pass ${migration.pass}, `}
          {arrivalWords(migration, nowMs.value)}
        </span>
      </>
    );
  if (of.state === 'queued') return <span class="dim">a slot</span>;
  if (of.state === 'moving') return <span class="dim">its arrival</span>;
  return <span class="dim">{of.state === 'moved' ? 'nothing: it runs there' : of.words}</span>;
}

const VM_ACTION_WORDS: Readonly<Record<VmAction, string>> = {
  retry: 'Try again…',
  'allow-pause': 'Allow a longer pause…',
  decide: 'Decide…',
};

function Actions({ of, ask }: { of: DrainVm; ask: (what: VmAction, vm: DrainVm) => void }) {
  // Those that wait for a slot are many, and wait for nobody.
  const shown = of.state === 'queued' ? [] : of.actions;
  return (
    <>
      {shown.map((action) => (
        <button key={action} type="button" onClick={() => ask(action, of)}>
          {VM_ACTION_WORDS[action]}
          <span class="hidden"> {of.name}</span>
        </button>
      ))}
    </>
  );
}

function Facts({ of }: { of: Drain }) {
  const facts: readonly (readonly [string, string])[] = [
    ['Host', of.host],
    ['Asked by', of.requestedBy],
    ['Reason', of.reason ?? 'none was given'],
    ['Number', of.id],
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
