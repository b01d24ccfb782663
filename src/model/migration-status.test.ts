import { expect, test } from 'vitest';
import { isUnderWay as mayStillMove } from '../../test/faults/judge.ts';
import {
  isPaused,
  isPostCopy,
  isRecovering,
  isUnderWay,
  MIGRATION_STATUSES,
  sourceLetGo,
} from './migration-status.ts';

const OVER: readonly string[] = ['none', 'completed', 'failed', 'cancelled'];
const LET_GO: readonly string[] = [
  'postcopy-active',
  'postcopy-paused',
  'postcopy-recover-setup',
  'postcopy-recover',
];

test('the list is that of QEMU 11.1', () => {
  expect([...MIGRATION_STATUSES].sort()).toEqual(
    [
      ...OVER,
      ...LET_GO,
      ...['setup', 'cancelling', 'active', 'postcopy-device', 'failing', 'colo', 'pre-switchover', 'device'],
      'wait-unplug',
    ].sort(),
  );
});

test.each(MIGRATION_STATUSES)(
  '%s says whether another migration is refused, and who may have the guest',
  (status) => {
    const letGo = LET_GO.includes(status);
    expect(isUnderWay(status)).toBe(!OVER.includes(status));
    expect(isPostCopy(status)).toBe(letGo || status === 'postcopy-device');
    expect(sourceLetGo(status)).toBe(letGo);
    expect(isPaused(status)).toBe(status === 'postcopy-paused');
    expect(isRecovering(status)).toBe(status.startsWith('postcopy-recover'));
    expect(mayStillMove(status)).toBe(!OVER.includes(status) && status !== 'postcopy-paused');
  },
);

test('a word of a QEMU to come is taken for what allows the least', () => {
  expect([isUnderWay('thinking'), isPostCopy('thinking'), sourceLetGo('thinking')]).toEqual([
    true,
    false,
    false,
  ]);
  expect([isPostCopy('postcopy-thinking'), sourceLetGo('postcopy-thinking')]).toEqual([true, false]);
  expect([isUnderWay(undefined), isPostCopy(undefined), sourceLetGo(undefined)]).toEqual([
    false,
    false,
    false,
  ]);
});
