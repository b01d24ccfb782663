/** A schedule in words, for who wants to know what happened. */

import type { LibvirtFault } from '../src/hypervisor/libvirt/testing/simulated/faults.ts';
import type { Fault, Trigger } from '../src/hypervisor/simulated/protocol/faults.ts';
import { faultKinds, type Hand, PLAIN, type Schedule } from './schedule.ts';

export function scheduleInWords(schedule: Schedule): string[] {
  const { begin, guest, policy, version, maxDowntimeMs, overBudget, faults, hands, faultsEndMs } = schedule;
  return [
    `${begin}: a ${guest} guest on QEMU ${version}, policy ${policy}, --max-downtime ${maxDowntimeMs}ms, --over-budget ${overBudget}${optionsInWords(schedule)}`,
    ...faults.map((fault) => faultInWords(fault)),
    ...schedule.libvirt.faults.map((fault) => libvirtFaultInWords(fault)),
    ...hands.map((hand) => handInWords(hand)),
    `at ${faultsEndMs} ms: all of it ends`,
  ];
}

function optionsInWords({
  driver,
  libvirt,
  brake,
  tls,
  quotas,
  behindTunnel,
  wayMs,
  otherVm,
}: Schedule): string {
  return [
    driver === 'qemu' ? '' : `; under libvirt${libvirt.transient ? ', transient' : ''}`,
    brake === 'over-budget' ? '' : ` --brake ${brake}`,
    tls ? ' --tls' : '',
    quotas === 'none' ? '' : `; quotas can be set, ${quotas}`,
    otherVm === 'running' ? '' : `; another VM, ${otherVm}`,
    wayMs === 0 ? '' : `; switchover ${wayMs} ms away`,
    behindTunnel.length > 0 ? `; behind a tunnel: ${behindTunnel.join(' and ')}` : '',
  ].join('');
}

function faultInWords(fault: Fault): string {
  const [what] = faultKinds({ ...PLAIN, faults: [fault] });
  const where = 'to' in fault ? ` (${fault.to})` : '';
  const lasts = 'ms' in fault ? (Number.isFinite(fault.ms) ? ` for ${fault.ms} ms` : ' for ever') : '';
  return `${triggerInWords(fault.on, fault.nth)}: ${what}${where}${lasts}`;
}

function libvirtFaultInWords(fault: LibvirtFault): string {
  const { on, nth = 1 } = fault;
  const [what] = faultKinds({ ...PLAIN, libvirt: { ...PLAIN.libvirt, faults: [fault] } });
  const where = 'to' in fault ? ` (${fault.to})` : '';
  const lasts = 'ms' in fault ? ` for ${fault.ms} ms` : '';
  const after = 'afterMs' in fault && fault.afterMs !== undefined ? `, ${fault.afterMs} ms later` : '';
  if ('atMs' in on) return `at ${on.atMs} ms: ${what}${where}${lasts}`;
  const when = Object.entries(on).map(([kind, name]) => `${kind} ${name}`);
  return `number ${nth}: ${when.join(', ')}${after}: ${what}${where}${lasts}`;
}

function triggerInWords(on: Trigger, nth: Fault['nth'] = 1): string {
  if ('atMs' in on) return `at ${on.atMs} ms`;
  const count = nth === 'every' ? 'every' : `number ${nth}:`;
  if ('command' in on) return `${count} ${on.command} to the ${on.side}`;
  if ('event' in on) return `${count} ${on.event} of the ${on.side}`;
  return on.stream === 'loaded' ? 'the destination has loaded the guest' : 'the last byte has arrived';
}

function handInWords(hand: Hand): string {
  const [what] = faultKinds({ ...PLAIN, hands: [hand] });
  return `at ${hand.atMs} ms: ${what}${'side' in hand ? ` (${hand.side})` : ''}${'ms' in hand ? ` for ${hand.ms} ms` : ''}${wishInWords(hand)}`;
}

function wishInWords(hand: Hand): string {
  if (hand.do === 'limits') return ` to --max-downtime ${hand.maxDowntimeMs}ms`;
  if (hand.do !== 'cap') return '';
  return hand.bytesPerSecond === null ? ' to none' : ` to ${hand.bytesPerSecond / 1e6} MB/s`;
}
