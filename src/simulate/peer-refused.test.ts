/** Peers through the supervisor: what it refuses them reaches their rule (peer-vectors 2.1, the worst case). */
import { expect, test } from 'vitest';
import { constantLink } from '../hypervisor/simulated/link.ts';
import { uniform } from '../hypervisor/simulated/memory/uniform.ts';
import { simulatedDestination } from '../hypervisor/simulated/simulated-hypervisor.ts';
import type { Happening } from '../journal/journal-entry.ts';
import { startOptionsOf } from '../migration/start-options.ts';
import { Supervisor } from '../migration/supervisor.ts';
import { choosePolicy } from '../policy/policies.ts';
import { DEFAULT_LIMITS } from '../policy/policy.ts';
import { hostsFor } from './run-one.ts';

/** 54 MB rewritten all the time on a link of 60 MB/s: it never gets below 900 ms. */
const FLAT = {
  memoryBytes: 537e6,
  memory: uniform({ workingSetBytes: 54e6, writeRateBytesPerSecond: 1e9 }),
  link: constantLink(60e6),
};

async function run(name: string, given: Record<string, string>) {
  const kind = choosePolicy(name, given);
  const limits = DEFAULT_LIMITS;
  const journal: [atMs: number, Happening][] = [];
  const hypervisor = hostsFor(FLAT, kind, limits);
  const options = startOptionsOf(kind, limits, false);
  const migration = await hypervisor.start('sim:guest', simulatedDestination('guest'), options);
  const write = (atMs: number, happening: Happening) => journal.push([atMs, happening]);
  const outcome = await new Supervisor(migration, kind, limits, { write }).run();
  const asked = journal.flatMap(([atMs, each]) =>
    each.type === 'decision' && each.decision.action !== 'continue'
      ? [[atMs, each.decision.action] as const]
      : [],
  );
  return { outcome, asked };
}

test('KubeVirt, where post-copy is not allowed here: asked for again and again, and given up by its own timeout', async () => {
  const { outcome, asked } = await run('kubevirt-stall-detector', { 'allow-post-copy': 'yes' });
  expect(outcome).toMatchObject({ outcome: 'aborted', runsOn: 'source' });
  // Twice the completion time of 150 s, less the downtime that it estimates.
  expect(outcome.totalMs).toBeGreaterThan(290_000);
  expect(outcome.totalMs).toBeLessThan(305_000);
  expect(asked.filter(([, action]) => action === 'post-copy').length).toBeGreaterThan(20);
});
