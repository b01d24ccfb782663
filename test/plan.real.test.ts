import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { Bed, LOOP } from '../lab/bed.ts';
import { documentFrom, switchover } from '../lab/switchover-process.ts';
import { QemuHypervisor } from '../src/hypervisor/qemu/qemu-hypervisor.ts';
import { type PlanDocument, planDocumentSchema } from '../src/plan/document.ts';

test('what was planned, from a probe of a second, is what then happens; a running migration is not planned', async () => {
  await using bed = await Bed.make(LOOP);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'switchover-plan-'));
  const where = [bed.source, bed.destination, ...bed.common()];
  const rate = ['--line-rate', '480mbit'];
  try {
    const svg = path.join(folder, 'plan.svg');
    const planned = await switchover('plan', ...where, ...rate, '--probe', '1s', '--json', '--svg', svg);
    expect(planned, planned.stderr).toMatchObject({ status: 0, stderr: '' });
    const plan = planDocumentSchema.parse(JSON.parse(planned.stdout)) as PlanDocument;
    expect(plan).toMatchObject({
      ...{ verdict: 'memory-intensive', findings: [] },
      others: expect.arrayContaining([expect.objectContaining({ policy: 'stock', end: 'never-ends' })]),
    });
    expect(plan.knownBy.probes.map(({ durationMs }) => durationMs)).toEqual([100, 300, 1000]);
    expect(plan.guest.residentBytes).toBeGreaterThan(128 * 2 ** 20);
    expect(plan.guest.residentBytes).toBeLessThan(400 * 2 ** 20);
    expect(await readFile(svg, 'utf8')).toMatch(/^<\?xml[\s\S]*never ends[\s\S]*<\/svg>\n$/);

    // Without a destination, and not possible.
    const short = await switchover(
      'plan',
      bed.source,
      ...rate,
      '--max-downtime',
      '500ms',
      '--probe',
      '100ms',
    );
    expect(short.status, short.stderr).toBe(5);
    expect(short.stdout).toMatch(/not possible within --max-downtime 500ms[\s\S]*--over-budget post-copy/);

    // An emulated guest gets no quota, which is what it takes.
    const paying = ['--brake', 'when-it-pays', '--probe', '100ms', '--json'];
    const unbraked = await switchover('plan', bed.source, ...rate, ...paying);
    expect(unbraked.stderr).toMatch(/^warning: the guest is not braked where that pays: it is emulated/);
    expect(JSON.parse(unbraked.stdout)).toMatchObject({ limits: { brake: 'over-budget' } });

    const migration = await bed.migrate('--json', ...rate);
    await migration.says(/^pass 1/m);
    const refused = await switchover('plan', bed.source, ...rate);
    expect(refused.status).toBe(3);
    expect(refused.stderr).toMatch(
      /another client .* holds this monitor|is migrating already, and a plan is for/,
    );
    const document = documentFrom(await migration.ended);
    expect(document.outcome).toBe('completed');
    for (const figure of ['pauseMs', 'totalMs', 'sentBytes'] as const) {
      const { low, high } = plan.chosen?.[figure] ?? { low: 0, high: 0 };
      // Once: it may be the one in five that lies outside.
      expect(document[figure]).toBeGreaterThan(low * 0.8);
      expect(document[figure]).toBeLessThan(high * 1.25);
    }
    await bed.verify('destination');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('without KVM the guest is probed by sampling its pages only: the dirty bitmap would crash QEMU 7.2', async () => {
  await using bed = await Bed.make({ kind: 'idle' }, { destination: 'none' });
  const sent: string[] = [];
  const hypervisor = new QemuHypervisor({
    qmp: { record: ({ direction, line }) => direction === 'out' && sent.push(line) },
  });
  await hypervisor.probeDirtyRate(bed.source, 100, undefined);
  expect(sent.filter((line) => line.includes('calc-dirty-rate'))).toEqual([
    expect.stringContaining('"page-sampling"'),
  ]);
});
