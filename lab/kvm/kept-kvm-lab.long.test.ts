/** `./dev lab up --kvm` as a person uses it, to its end. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { CommandError, run } from '../run.ts';
import { runFolderPath } from '../run-folder.ts';

const MAIN = path.join(import.meta.dirname, '..', 'main.ts');
const GUEST = ['--workload', 'idle', '--wss', '16M', '--memory', '128M', '--link', '160mbit'];

async function lab(...words: string[]): Promise<string> {
  return await run([process.execPath, MAIN, ...words]);
}

test('a lab with a KVM guest is looked at, migrated, verified and taken down', {
  timeout: 1_800_000,
}, async () => {
  const up = JSON.parse(await lab('up', '--kvm', ...GUEST, '--json'));
  const id: string = up.id;
  try {
    expect(up.commands.migrate).toMatch(new RegExp(`^./dev lab enter ${id} bin/switchover migrate qmp:`));
    expect(up.inside).toMatchObject({ linkBitsPerSecond: 160e6, memoryMiB: 128, workload: { wssMiB: 16 } });
    expect(await lab('status')).toMatch(new RegExp(`^${id}  up  KVM host \\d+`, 'm'));
    await expect(lab('enter', id, 'sh', '-c', 'echo no >&2; exit 5')).rejects.toThrow(CommandError);

    const migrate: string[] = up.commands.migrate.split(' ').slice(2);
    const patient = ['--max-downtime', '20s', '--json'];
    expect(JSON.parse(await lab(...migrate, ...patient))).toMatchObject({
      runsOn: 'destination',
      guest: { accelerator: 'kvm' },
    });
    expect(await lab('verify', id)).toMatch(/^ok, on the destination: /);
  } finally {
    await lab('down', id);
  }
  expect(existsSync(runFolderPath(id))).toBe(false);
});
