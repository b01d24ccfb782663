/** What of KVM every `./dev test` tries: one migration. `./dev test --kvm` tries the rest, in test/kvm/. */
import { expect, test } from 'vitest';
import { despiteEmulation } from '../lab/kvm/emulation-fault.ts';
import { openKvmLab } from '../lab/kvm/kvm-lab.ts';
import { prefetchForGuest } from '../lab/kvm/prefetch.ts';

test('a memory-intensive guest on KVM arrives under forecast with all its memory', async () => {
  await prefetchForGuest('loop', false);
  await using lab = await openKvmLab();
  const ran = await despiteEmulation(() => lab.host.run(['node', 'test/kvm/one-migration.ts']));
  expect(ran, ran.stderr).toMatchObject({ status: 0 });
  expect(JSON.parse(ran.stdout), ran.stdout).toMatchObject({
    status: 0,
    outcome: 'completed',
    runsOn: 'destination',
    policy: 'forecast',
    accelerator: 'kvm',
    kvm: { enabled: true },
    arrival: { ok: true, consoleProblems: [] },
  });
}, 1_800_000);
