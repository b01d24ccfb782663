import { expect, test } from 'vitest';
import { Bed } from './bed.ts';
import { documentFrom } from './switchover-process.ts';

test('a guest goes there and back, and there again', async () => {
  await using bed = await Bed.make({ kind: 'random', wssMiB: 16, pagesPerSecond: 500 });
  const addresses: string[] = [];
  for (let trip = 1; trip <= 3; trip += 1) {
    addresses.push(bed.pair.migrateUri);
    const document = documentFrom(await (await bed.migrate('--json')).ended);
    expect(document.runsOn, document.reason).toBe('destination');
    await bed.verify('destination');
    await bed.turnAround();
    expect(await bed.pair.source.runState()).toBe('running');
    expect(await bed.pair.destination.runState()).toBe('inmigrate');
  }
  expect(addresses).toEqual([addresses[0], expect.not.stringMatching(addresses[0] ?? ''), addresses[0]]);
});
