/** A probe of a simulated QEMU that answers otherwise than it should. */
import { expect, test } from 'vitest';
import type { Fault } from '../simulated/protocol/faults.ts';
import { connectQmp } from './qmp/client.ts';
import { pairBed } from './testing/pair-bed.ts';

const begun = { command: 'calc-dirty-rate', side: 'source' } as const;
const on = { command: 'query-dirty-rate', side: 'source' } as const;
const answered = (value: unknown) => ({ on, nth: 'every', do: 'garbled', value }) as const;

test.each<readonly [string, Fault, string, RegExp]>([
  [
    'QEMU could not make it: -1 is no rate',
    answered({ status: 'measured', 'dirty-rate': -1 }),
    'hypervisor-refused',
    /could not measure how fast/,
  ],
  [
    'measured, and no figure',
    answered({ status: 'measured' }),
    'hypervisor-refused',
    /could not measure how fast/,
  ],
  [
    'measuring, for ever',
    answered({ status: 'measuring' }),
    'hypervisor-refused',
    /did not tell how fast .*10 s after the 300 ms/,
  ],
  ['unknown to this QEMU', { on: begun, do: 'error' }, 'lacks-feature', /dirty rate could not be measured: /],
  [
    'unknown when it is asked for',
    { on, do: 'error' },
    'lacks-feature',
    /dirty rate could not be measured: /,
  ],
  [
    'answered with what QEMU never answers',
    answered(null),
    'unreachable',
    /answered query-dirty-rate with .*null/,
  ],
  [
    'a figure that is none',
    answered({ status: 'measured', 'dirty-rate': '75' }),
    'unreachable',
    /answered query-dirty-rate with/,
  ],
  ['never answered', { on, do: 'never' }, 'unreachable', /did not answer query-dirty-rate/],
  ['lost with its connection', { on, do: 'drop' }, 'unreachable', /before it answered query-dirty-rate/],
  ['its beginning lost', { on: begun, do: 'drop' }, 'unreachable', /before it answered calc-dirty-rate/],
  ['its QEMU killed', { on: { atMs: 100 }, do: 'killed', to: 'source' }, 'unreachable', /query-dirty-rate/],
  [
    'its QEMU hangs',
    { on: { atMs: 100 }, do: 'hangs', to: 'source', ms: 60_000 },
    'unreachable',
    /did not answer query-dirty-rate/,
  ],
])('that comes to no figure is refused, and its VM let go of: %s', async (_, fault, code, message) => {
  const { pair, clock } = pairBed([fault]);
  await expect(clock.until(pair.hypervisor().probeDirtyRate(pair.vm, 300, undefined))).rejects.toMatchObject({
    name: 'RefusedError',
    code,
    message: expect.stringMatching(message),
  });
  if (fault.do === 'killed') return;
  await clock.until(connectQmp('/sim/source.sock', { clock, open: pair.open, commandTimeoutMs: 120_000 }));
  expect(pair.truth.runningSides).toEqual(['source']);
});
