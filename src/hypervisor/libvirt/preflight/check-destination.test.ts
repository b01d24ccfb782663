import { describe, expect, it } from 'vitest';
import { answerOf } from '../virsh/answer.ts';
import { VirshError, VirshTimeoutError } from '../virsh/virsh.ts';
import { checkCpu, checkMachine, checkMemory, checkName, checkSameHost } from './check-destination.ts';
import type { KnownDomain } from './host-facts.ts';
import type { Verdict } from './verdict.ts';

const says = async (words: string) => await answerOf<string>(Promise.reject(new VirshError(words)));
const codes = ({ findings, notes }: Verdict) => [
  ...findings.map(({ code }) => code),
  ...notes.map(() => 'note'),
];
const only = ({ findings }: Verdict) => findings[0]?.message;

describe('the destination', () => {
  it('is another host', () => {
    expect(codes(checkSameHost({ value: 'a' }, { value: 'a' }))).toEqual(['bad-address']);
    expect(codes(checkSameHost({ value: 'a' }, { value: 'b' }))).toEqual([]);
    expect(codes(checkSameHost({ value: undefined }, { value: undefined }))).toEqual([]);
  });

  it.each<[string, KnownDomain[], string[]]>([
    ['knows nothing of it', [{ name: 'other', uuid: 'x', active: true }], []],
    ['has it shut off, from an earlier migration', [{ name: 'vm1', uuid: 'u', active: false }], []],
    ['runs it', [{ name: 'vm1', uuid: 'u', active: true }], ['name-taken']],
    ['has another of that name', [{ name: 'vm1', uuid: 'x', active: false }], ['name-taken']],
    ['has it under another name', [{ name: 'old', uuid: 'u', active: false }], ['name-taken']],
  ])('%s', (_, domains, expected) => {
    expect(codes(checkName({ uuid: 'u' }, 'vm1', { value: domains }))).toEqual(expected);
  });

  it('could not be asked for its domains', async () => {
    const { notes } = checkName({ uuid: 'u' }, 'vm1', await answerOf(Promise.reject(new VirshError('no'))));
    expect(notes).toEqual(["the destination's domains could not be listed: no"]);
  });

  it('has room for the memory', () => {
    const guest = { memoryBytes: 8 * 2 ** 30, hugePages: false };
    const little = { value: { availableBytes: 700 * 2 ** 20 } };
    expect(only(checkMemory(guest, little, { force: false }))).toBe(
      'the guest has 8.0 GiB of memory, and the destination has 700 MiB free: make room there (--force migrates all the same)',
    );
    expect(codes(checkMemory(guest, little, { force: true }))).toEqual(['note']);
    expect(codes(checkMemory(guest, { value: { availableBytes: 8 * 2 ** 30 } }, { force: false }))).toEqual(
      [],
    );
    expect(codes(checkMemory({ ...guest, hugePages: true }, little, { force: false }))).toEqual(['note']);
    expect(codes(checkMemory(guest, { value: undefined }, { force: false }))).toEqual(['note']);
  });

  // As libvirt 11.3 said it.
  it.each([
    "invalid argument: the machine 'pc-i440fx-99.9' is not supported by emulator '/usr/bin/qemu-system-x86_64'",
    "unsupported configuration: unable to find any emulator to serve 'aarch64' architecture",
    "invalid argument: Emulator '/usr/bin/qemu-system-x86_64' does not support virt type 'xen'",
    'Cannot check QEMU binary /usr/bin/nope: No such file or directory',
  ])('cannot run the machine: %s', async (words) => {
    const verdict = checkMachine(await says(words));
    expect(codes(verdict)).toEqual(['different-machine']);
    expect(only(verdict)).toContain(words);
  });

  it('could not be asked for its machines', async () => {
    expect(codes(checkMachine({ value: '<domainCapabilities/>' }))).toEqual([]);
    expect(codes(checkMachine(await says("unknown command: 'domcapabilities'")))).toEqual(['note']);
    expect(codes(checkMachine(await answerOf(Promise.reject(new VirshTimeoutError('slow')))))).toEqual([
      'note',
    ]);
  });

  it('lacks features of the CPU, and they are named', async () => {
    const answer = await says(
      'the CPU is incompatible with host CPU: Host CPU does not provide required features: hle, avx512f',
    );
    const verdict = checkCpu({ cpu: 'stated' }, answer, { force: false });
    expect(codes(verdict)).toEqual(['different-cpu']);
    expect(only(verdict)).toContain("the destination's CPU lacks what the guest's has: hle, avx512f; give");
    expect(codes(checkCpu({ cpu: 'stated' }, answer, { force: true }))).toEqual(['note']);
  });

  it('does not know the CPU', async () => {
    const answer = await says('internal error: Unknown CPU model Foo');
    expect(codes(checkCpu({ cpu: 'stated' }, answer, { force: false }))).toEqual(['different-cpu']);
  });

  it('is too old to compare CPUs', async () => {
    const answer = await says("unknown command: 'hypervisor-cpu-compare'");
    expect(codes(checkCpu({ cpu: 'stated' }, answer, { force: false }))).toEqual(['note']);
  });

  it("has the guest's CPU", () => {
    const superset = {
      value: 'The CPU provided by hypervisor on the host is a superset of CPU described in x.xml\n',
    };
    const same = {
      value: 'CPU described in x.xml is identical to the CPU provided by hypervisor on the host\n',
    };
    expect(codes(checkCpu({ cpu: 'stated' }, superset, { force: false }))).toEqual([]);
    expect(codes(checkCpu({ cpu: 'host' }, same, { force: false }))).toEqual([]);
    expect(codes(checkCpu({ cpu: 'host' }, superset, { force: false }))).toEqual(['note']);
    expect(codes(checkCpu({ cpu: undefined }, undefined, { force: false }))).toEqual([]);
  });
});
