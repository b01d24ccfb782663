/** A guest with a real application: Redis, because its image is built and booted fastest. */
import { expect, test } from 'vitest';
import { Bed } from './bed.ts';
import { documentFrom } from './switchover-process.ts';

test('Redis under load arrives with every acknowledged write, and a lost one is found', async () => {
  await using bed = await Bed.make({ kind: 'redis', wssMiB: 32 });
  const document = documentFrom(await (await bed.migrate('--json')).ended);
  expect(document).toMatchObject({ outcome: 'completed', runsOn: 'destination' });

  const arrival = await bed.arrival('destination');
  expect(arrival).toMatchObject({ ok: true, consoleProblems: [] });
  expect(arrival.reason).toContain('all 256 records are right');
  expect(arrival.after?.writes).toBeGreaterThan(arrival.before.writes);

  // As if the last write of one record had not come along. It is overwritten soon, and found all the same.
  await bed.pair.destination.corrupt(5);
  expect(await bed.arrival('destination')).toMatchObject({ ok: false, after: { bad: 1 } });
});
