import { describe, expect, test } from 'vitest';
import { type PostCopyEnds, postCopyHelp } from './post-copy.ts';
import { capabilitiesOf } from './start.ts';

const version = (major: number, minor = 0) => ({ major, minor, micro: 0, package: '' });
const known = (...on: string[]) =>
  capabilitiesOf(
    ['postcopy-ram', 'postcopy-preempt', 'postcopy-blocktime', 'compress'].map((capability) => ({
      capability,
      state: on.includes(capability),
    })),
  );
const END = { version: version(10), capabilities: known() };
const DESTINATION = { ...END, listens: false, cpuIndexes: [0, 1], bootCpus: 2 };
const ENDS: PostCopyEnds = {
  source: END,
  destination: DESTINATION,
  machineType: 'pc-i440fx-10.0',
  uris: ['tcp:10.77.0.2:4444', 'tcp:0.0.0.0:4444'],
};
const help = (changes: Partial<PostCopyEnds>) => postCopyHelp({ ...ENDS, ...changes });

test('both help where both ends have all they need', () => {
  expect(help({})).toEqual({ preempt: true, blocktime: true });
});

describe('no page overtakes another', () => {
  test.each<[string, Partial<PostCopyEnds>]>([
    ['where an end does not know how', { source: { ...END, capabilities: capabilitiesOf([]) } }],
    ['on a QEMU before 8.0', { source: { ...END, version: version(7, 2) } }],
    ['nor to one', { destination: { ...DESTINATION, version: version(7, 2) } }],
    ['on a machine type of then', { machineType: 'pc-q35-7.2' }],
    ['where pages are compressed the old way', { source: { ...END, capabilities: known('compress') } }],
    ['to a program, which takes one connection', { uris: ['exec:nc host 4444', 'exec:nc -l 4444'] }],
    ['to a destination that listens already', { destination: { ...DESTINATION, listens: true } }],
  ])('%s', (_, changes) => {
    expect(help(changes).preempt).toBe(false);
  });

  test('but where it listens for that already, and on machine types that are not of QEMU itself', () => {
    const capabilities = known('postcopy-ram', 'postcopy-preempt');
    expect(help({ destination: { ...DESTINATION, listens: true, capabilities } }).preempt).toBe(true);
    expect(help({ machineType: 'pc-q35-rhel7.6.0' }).preempt).toBe(true);
    expect(help({ machineType: undefined }).preempt).toBe(true);
  });
});

describe('nothing is counted', () => {
  test.each<[string, Partial<typeof DESTINATION>]>([
    ['where the destination cannot', { capabilities: capabilitiesOf([]) }],
    ['with a vCPU that was plugged in, which QEMU would count beside its table', { cpuIndexes: [0, 1, 2] }],
  ])('%s', (_, changes) => {
    expect(help({ destination: { ...DESTINATION, ...changes } }).blocktime).toBe(false);
  });

  test('where it does not say how many vCPUs it was started with', () => {
    const { bootCpus, ...silent } = DESTINATION;
    expect(help({ destination: { ...silent, bootCpus: undefined } }).blocktime).toBe(false);
    expect(bootCpus).toBe(2);
  });
});
