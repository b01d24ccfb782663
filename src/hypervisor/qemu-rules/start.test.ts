import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StartOptions } from '../hypervisor.ts';
import { BRAKE_HELD_READY } from './brake-lever.ts';
import {
  capabilitiesOf,
  differentCapabilities,
  NO_POST_COPY_HELP,
  type PostCopyHelp,
  startCapabilities,
  startParameters,
} from './start.ts';

const OPTIONS: StartOptions = {
  meant: undefined,
  force: false,
  postCopy: false,
  brake: 'none',
  downtimeLimitMs: 300,
  fixedCostMs: 50,
  bandwidthBytesPerSecond: undefined,
  lineRateBytesPerSecond: undefined,
};
const version = (major: number, minor = 0) => ({ major, minor, micro: 0, package: '' });

describe('the parameters of a start', () => {
  test('the fixed cost is taken off the first limit already (B1)', () => {
    expect(startParameters(OPTIONS, version(7))).toEqual({ 'downtime-limit': 250, 'max-bandwidth': 2 ** 40 });
    expect(startParameters({ ...OPTIONS, fixedCostMs: 450 }, version(7))['downtime-limit']).toBe(1);
    expect(startParameters({ ...OPTIONS, fixedCostMs: undefined }, version(7))['downtime-limit']).toBe(300);
  });

  test('a line rate that another run left behind never decides this one (B14)', () => {
    expect(startParameters(OPTIONS, version(8, 2))['avail-switchover-bandwidth']).toBe(0);
    const stated = { ...OPTIONS, lineRateBytesPerSecond: 60e6 };
    expect(startParameters(stated, version(8, 2))['avail-switchover-bandwidth']).toBe(60e6);
    expect(startParameters(stated, version(8, 1))).not.toHaveProperty('avail-switchover-bandwidth');
  });

  test('a cap and a brake are set with it', () => {
    const given = startParameters({ ...OPTIONS, bandwidthBytesPerSecond: 20e6, brake: 'any' }, version(10));
    expect(given).toMatchObject({ 'max-bandwidth': 20e6, ...BRAKE_HELD_READY });
  });

  test('QEMU takes the limit, whatever is asked for', () => {
    const ms = fc.double({ min: 0, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(ms, ms, (downtimeLimitMs, fixedCostMs) => {
        const limit = startParameters({ ...OPTIONS, downtimeLimitMs, fixedCostMs }, version(10))[
          'downtime-limit'
        ];
        expect(Number.isInteger(limit) && Number(limit) >= 1 && Number(limit) <= 2_000_000).toBe(true);
      }),
    );
  });
});

describe('the capabilities of a start', () => {
  const all = (on: string[] = []) =>
    capabilitiesOf(
      ['events', 'return-path', 'postcopy-ram', 'pause-before-switchover', 'validate-uuid', 'multifd'].map(
        (capability) => ({ capability, state: on.includes(capability) }),
      ),
    );

  const capabilities = (
    options: Parameters<typeof startCapabilities>[0],
    source = all(),
    destination = all(),
    help: Partial<PostCopyHelp> = {},
  ) => startCapabilities(options, source, destination, { ...NO_POST_COPY_HELP, ...help });

  test('pause-before-switchover, left on by another, is switched off (B14)', () => {
    const { source, destination } = capabilities(OPTIONS, all(['pause-before-switchover']), all());
    expect(source['pause-before-switchover']).toBe(false);
    expect(destination).not.toHaveProperty('pause-before-switchover');
  });

  test('the UUID is compared where both ends can', () => {
    const old = capabilitiesOf([{ capability: 'events', state: false }]);
    expect(capabilities(OPTIONS, all(), all()).destination['validate-uuid']).toBe(true);
    expect(capabilities(OPTIONS, all(), old).source).not.toHaveProperty('validate-uuid');
    expect(capabilities(OPTIONS, old, all()).source).not.toHaveProperty('pause-before-switchover');
  });

  test('post-copy and the brake as asked', () => {
    const { source, destination } = capabilities({ postCopy: true, brake: 'any' }, all(), all());
    expect(source).toMatchObject({ 'postcopy-ram': true, 'auto-converge': true });
    expect(destination['postcopy-ram']).toBe(true);
    expect(destination).not.toHaveProperty('auto-converge');
  });

  test('what helps post-copy is on where it was agreed; preempt, left on by another, is switched off', () => {
    const knows = capabilitiesOf([{ capability: 'postcopy-preempt', state: true }]);
    const wanted = { postCopy: true, brake: 'none' } as const;
    const both = capabilities(wanted, knows, knows, { preempt: true, blocktime: true });
    expect(both.source['postcopy-preempt']).toBe(true);
    expect(both.destination).toMatchObject({ 'postcopy-preempt': true, 'postcopy-blocktime': true });
    // Only the destination counts.
    expect(both.source).not.toHaveProperty('postcopy-blocktime');
    const without = capabilities(OPTIONS, knows, all());
    expect(without.source['postcopy-preempt']).toBe(false);
    expect(without.destination).not.toHaveProperty('postcopy-preempt');
    expect(without.destination).not.toHaveProperty('postcopy-blocktime');
  });

  test('one end alone with multifd is found (B15)', () => {
    expect(differentCapabilities(all(['multifd']), all())).toEqual(['multifd']);
    expect(differentCapabilities(all(['multifd']), all(['multifd']))).toEqual([]);
    // A QEMU that does not know one has it off.
    expect(differentCapabilities(capabilitiesOf([]), all())).toEqual([]);
  });
});
