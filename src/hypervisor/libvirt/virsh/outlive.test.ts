import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { fakeVirsh, lives, soon, withoutVirsh } from './testing/fake-virsh.ts';
import { virshOnItsOwn } from './virsh.ts';

test('its words are read when it ends, and no file is left', async () => {
  fakeVirsh(`echo "$4"; echo 'error: no' >&2; exit 3`);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-test-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  vi.stubEnv('TMPDIR', folder);
  const ending = virshOnItsOwn('qemu:///fake', ['migrate']);
  expect(fs.readdirSync(folder)).toEqual([]);
  expect(await ending).toEqual({ status: 3, stdout: 'migrate\n', stderr: 'error: no\n' });
});

test('one that cannot be started tells so', async () => {
  withoutVirsh();
  const { status, stderr } = await virshOnItsOwn('qemu:///fake', ['migrate']);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^error: there is no virsh here/);
});

// Review B12: its pipes kept us alive until `virsh migrate` ended, an hour after "detaching".
test('a process that has nothing more to do ends at once, and virsh goes on', async () => {
  const virsh = fakeVirsh('exec sleep 60');
  const script = `import { virshOnItsOwn } from ${JSON.stringify(path.join(import.meta.dirname, 'virsh.ts'))};
void virshOnItsOwn('qemu:///fake', ['migrate']);`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    env: process.env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  // Far less than the virsh, and long for a busy machine.
  const late = setTimeout(() => child.kill('SIGKILL'), 30_000);
  const status = await new Promise((resolve) => child.on('exit', resolve));
  clearTimeout(late);
  expect(status).toBe(0);
  await soon(() => expect(virsh.pids().map(lives)).toEqual([true]));
  for (const pid of virsh.pids()) process.kill(pid, 'SIGKILL');
}, 40_000);
