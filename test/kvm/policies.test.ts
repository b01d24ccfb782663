/** The thesis's failure and its cures, on KVM: stock never ends, the others do, and no memory is lost. */
import { expect, test } from 'vitest';
import { askMonitor } from '../../lab/monitor.ts';
import { expectEnd } from '../expectations.ts';
import { onBed, PATIENT } from './guest.ts';

test('stock does not end in 60 s, and its guest goes on at the source', async () =>
  onBed(async (bed) => {
    expect(await askMonitor(bed.pair.source.monitor2Path, 'query-kvm')).toMatchObject({ enabled: true });
    const ran = await (await bed.migrate('--policy', 'stock', '--timeout', '60s', '--json')).ended;
    const document = expectEnd(ran, 5, 'aborted', 'source');
    expect(document.guest.accelerator).toBe('kvm');
    expect(document.boundaries.length).toBeGreaterThan(1);
    // Never as little as fits 300 ms, 6 MB. How much more depends on what else the machine does.
    for (const { remainingBytes } of document.boundaries) expect(remainingBytes).toBeGreaterThan(12e6);
    await bed.verify('source');
  }));

test.each([
  ['mp', /^switchover$/],
  // The limit that it sets to wait for a better pass may be found to fit before that is over.
  ['forecast', /^(switchover|set-downtime-limit)$/],
])('%s arrives', async (policy, decided) =>
  onBed(async (bed) => {
    const ran = await (await bed.migrate('--policy', policy, ...PATIENT, '--json')).ended;
    const document = expectEnd(ran, 0, 'completed', 'destination');
    expect(document).toMatchObject({ policy, memoryIntensive: true, guest: { accelerator: 'kvm' } });
    expect(document.decisions.map(({ action }) => action)).toContainEqual(expect.stringMatching(decided));
    await bed.verify('destination');
  }),
);
