/** Limits that a healthy guest keeps by itself: switchover may not be the reason why it does not arrive. */
import { expect, test } from 'vitest';
import { documentFrom } from '../lab/switchover-process.ts';
import { bootHealthy } from './faults/fault-bed.ts';

test.each(['200ms', '300ms'])(
  '--max-downtime %s: a guest that writes 8 MB/s on 60 MB/s arrives',
  async (limit) => {
    await using bed = await bootHealthy();
    const ran = await (await bed.migrate('--max-downtime', limit, '--downtime', limit, '--json')).ended;
    expect(documentFrom(ran), ran.stderr).toMatchObject({ outcome: 'completed', runsOn: 'destination' });
    expect(ran.status).toBe(0);
    await bed.verify('destination');
  },
);
