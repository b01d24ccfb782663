/** The hosts that are followed, with their guests: where each is, and what can be done about it. */
import { useState } from 'preact/hooks';
import type { MigrationSummary } from '../api-types.ts';
import { getHosts } from '../client.ts';
import { arrivalWords } from '../model/arrival.ts';
import { formatBytes } from '../model/format.ts';
import { type ShownHost, type ShownVm, shownHosts } from '../model/hosts.ts';
import { hrefOf } from '../model/route.ts';
import { hostOf, isHost } from '../model/words.ts';
import { useAskedAgain } from '../parts/asked-again.ts';
import { CancelDialog } from '../parts/cancel-dialog.tsx';
import { CordonDialog } from '../parts/cordon-dialog.tsx';
import { Field } from '../parts/field.tsx';
import { Bytes, Chip, Pause } from '../parts/figures.tsx';
import { LimitsDialog } from '../parts/limits-dialog.tsx';
import { fleet, mayOperate, nowMs, session } from '../store.ts';

const EVERY_MS = 5000;

type Asked =
  | { readonly what: 'cancel' | 'limits'; readonly id: string }
  | { readonly what: 'cordon'; readonly host: ShownHost };

export function HostsScreen() {
  const [q, setQ] = useState('');
  const [asked, setAsked] = useState<Asked | undefined>(undefined);
  const { value: hosts, problem } = useAskedAgain(getHosts, EVERY_MS);
  const shown = shownHosts(hosts ?? [], fleet.value, q);
  const of = asked && 'id' in asked ? fleet.value.get(asked.id) : undefined;
  const close = () => setAsked(undefined);
  return (
    <>
      <h1 tabIndex={-1}>Hosts and VMs</h1>
      <p class="problem" role="alert">
        {problem}
      </p>
      {hosts?.length === 0 && (
        <section class="empty">
          <p>This service follows no host.</p>
          <p>
            It does with <code>switchover serve --connect URI</code>. What is started by its API is among{' '}
            <a href="#/">what is running</a>.
          </p>
        </section>
      )}
      {hosts !== undefined && hosts.length > 0 && (
        <>
          <search class="search">
            <Field label="VM or host" type="search" value={q} onInput={setQ} />
            <p role="status" class="found">
              {q === '' ? '' : `${shown.reduce((sum, { vms }) => sum + vms.length, 0)} found`}
            </p>
          </search>
          {shown.length > 0 && <Table hosts={shown} ask={setAsked} />}
        </>
      )}
      {asked?.what === 'cordon' && <CordonDialog of={asked.host} onClose={close} />}
      {of && asked?.what === 'cancel' && <CancelDialog of={of} onClose={close} />}
      {of && asked?.what === 'limits' && <LimitsDialog of={of} onClose={close} />}
    </>
  );
}

function Table({ hosts, ask }: { hosts: readonly ShownHost[]; ask: (asked: Asked) => void }) {
  return (
    <table class="rows hosts">
      <caption class="hidden">VMs, by their host</caption>
      <thead>
        <tr>
          <th scope="col">VM</th>
          <th scope="col">State</th>
          <th scope="col" class="right">
            Memory
          </th>
          <th scope="col">Migration</th>
          <th scope="col">Pause, forecast</th>
          <th scope="col">
            <span class="hidden">Actions</span>
          </th>
        </tr>
      </thead>
      {hosts.map((host) => (
        <tbody key={host.host}>
          <tr class="group">
            <th colSpan={6} scope="rowgroup">
              <HostHead of={host} ask={ask} />
            </th>
          </tr>
          {host.vms.map((vm) => (
            <Row key={vm.uuid ?? vm.name} vm={vm} host={host.host} ask={ask} />
          ))}
        </tbody>
      ))}
    </table>
  );
}

function HostHead({ of, ask }: { of: ShownHost; ask: (asked: Asked) => void }) {
  const { host, problem, count, migrating, memoryBytes, cordon, drain } = of;
  const figures = [
    `${count} ${count === 1 ? 'VM' : 'VMs'}`,
    ...(memoryBytes === undefined || count === 0 ? [] : [formatBytes(memoryBytes)]),
    ...(migrating === 0 ? [] : [`${migrating} migrating`]),
  ];
  return (
    <>
      <span title={host}>{hostOf(host)}</span>{' '}
      {problem === null ? (
        <span class="sum">{figures.join(' · ')}</span>
      ) : (
        <span class="problem">not known now: {problem}</span>
      )}
      {drain !== null && (
        <a class="hostmark" href={hrefOf({ screen: 'drain', id: drain })}>
          is drained
        </a>
      )}
      {cordon !== null && (
        <span class="hostmark" title={`${cordon.by}${cordon.reason === null ? '' : `: ${cordon.reason}`}`}>
          <span class="chip brake">cordoned</span>
        </span>
      )}
      {mayOperate.value && session.value?.drains && isHost(host) && (
        <span class="hostacts">
          {drain === null && (
            <a class="button" href={hrefOf({ screen: 'start-drain', host })}>
              Drain…<span class="hidden"> {hostOf(host)}</span>
            </a>
          )}
          <button type="button" class="quiet" onClick={() => ask({ what: 'cordon', host: of })}>
            {cordon === null ? 'Cordon…' : 'Uncordon…'}
            <span class="hidden"> {hostOf(host)}</span>
          </button>
        </span>
      )}
    </>
  );
}

function Row({ vm, host, ask }: { vm: ShownVm; host: string; ask: (asked: Asked) => void }) {
  const { name, state, memoryBytes, of } = vm;
  return (
    <tr>
      <th scope="row" data-label="VM" class="name">
        {of ? (
          <a class="vm" href={hrefOf({ screen: 'migration', id: of.id })}>
            {name}
          </a>
        ) : (
          <span class="vm">{name}</span>
        )}
      </th>
      <td data-label="State">{of ? <Chip of={of} /> : <span class="chip">{state}</span>}</td>
      <td data-label="Memory" class="right">
        <Bytes of={memoryBytes} />
      </td>
      <td data-label="Migration" class={of ? 'waits' : 'waits idle'}>
        {of ? <Going of={of} /> : <span class="dim">none</span>}
      </td>
      <td data-label="Pause, forecast" class={of ? '' : 'idle'}>
        {of ? <Pause of={of} /> : <span class="num none">–</span>}
      </td>
      <td class="act">{mayOperate.value && <Actions vm={vm} host={host} ask={ask} />}</td>
    </tr>
  );
}

function Going({ of }: { of: MigrationSummary }) {
  return (
    <>
      to {hostOf(of.destination)}
      <span class="way num">
        {of.pass !== null && `pass ${of.pass}, `}
        {arrivalWords(of, nowMs.value)}
      </span>
    </>
  );
}

function Actions({
  vm: { name, of },
  host,
  ask,
}: {
  vm: ShownVm;
  host: string;
  ask: (asked: Asked) => void;
}) {
  if (!of)
    return (
      <a class="button" href={hrefOf({ screen: 'start', vm: name, connect: host })}>
        Migrate…<span class="hidden"> {name}</span>
      </a>
    );
  const button = (what: 'cancel' | 'limits', words: string) =>
    of.actions.includes(what) && (
      <button type="button" class="quiet" onClick={() => ask({ what, id: of.id })}>
        {words}
        <span class="hidden"> of {name}</span>
      </button>
    );
  return (
    <>
      {button('limits', 'Limits…')} {button('cancel', 'Cancel…')}
    </>
  );
}
