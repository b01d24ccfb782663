import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { drainDocumentOf, drainDocumentSchema } from './document.ts';
import { planDrain } from './drain-plan.ts';
import type { Openings } from './openings.ts';
import { destinationOf, drawing, vmOf } from './testing/drawn.ts';

test('the published JSON Schema is the one that documents are made by (`./dev test -u` writes it anew)', async () => {
  const schema = {
    ...z.toJSONSchema(drainDocumentSchema),
    title: "The document of a drain's plan, as `switchover drain --plan --json` prints it",
  };
  const file = path.join(import.meta.dirname, '..', '..', 'docs', 'drain-plan.schema.json');
  await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(file);
});

test('a plan becomes a document of that schema, with and without what is not known', () => {
  const cpu = { code: 'different-cpu', words: 'it lacks the CPU', remedy: 'take another model' };
  const vms = [
    vmOf('vm1'),
    vmOf('vm2', { obstacles: [cpu] }),
    vmOf('vm3', { refusedBy: new Map([['east', [cpu]]]) }),
  ];
  const planned = (forecast = vms[0]?.forecast, openings?: Openings) => {
    const plan = planDrain({
      ...{
        link: 'source',
        vms: vms.map((vm) => ({ ...vm, forecast })),
        destinations: [destinationOf('east')],
      },
      ...{ order: 'listed', atATime: 2, reserveBytes: undefined, deadlineMs: 60_000, random: drawing() },
      openings,
    });
    const unknown = new Map([['uuid-vm1', 'nothing is known of the link']]);
    return {
      host: 'host1',
      madeMs: Date.UTC(2026, 10, 30),
      order: 'listed',
      atATime: 2,
      windows: openings && ['22:00-04:00'],
      plan,
      unknown,
      unreachable: new Map(),
      shutOff: 1,
    } as const;
  };
  const known = drainDocumentOf(planned());
  expect(drainDocumentSchema.parse(JSON.parse(JSON.stringify(known)))).toEqual(known);
  expect(known).toMatchObject({
    verdict: 'some-stay',
    held: [
      { name: 'vm2', reasons: [cpu], refused: [] },
      { name: 'vm3', refused: [{ destination: 'east' }] },
    ],
    moves: [{ name: 'vm1', startsMs: { likely: 0 }, pauseMs: { likely: 100 } }],
    deadline: { verdict: 'holds', probability: 1 },
    ...{ madeAt: '2026-11-30T00:00:00.000Z', windows: [], openings: [] },
  });
  const closed = { at: () => undefined };
  const never = drainDocumentOf(planned(vms[0]?.forecast, closed));
  expect(drainDocumentSchema.parse(JSON.parse(JSON.stringify(never)))).toEqual(never);
  expect(never.moves).toMatchObject([{ startsMs: null, unknown: 'nothing is known of the link' }]);
  expect(never).toMatchObject({ wholeMs: null, openings: [], windows: ['22:00-04:00'] });
});
