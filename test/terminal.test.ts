/** A terminal that stops reading costs lines, not decisions. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { migratingQmp } from './testing/migrating-qmp.ts';
import { AtTerminal } from './testing/terminal.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'switchover-terminal-'));
  return () => rmSync(folder, { recursive: true });
});

/** What a query each 250 ms comes to, and a tenth of it: a machine may be busy, but a blocked process asks nothing. */
const STOPPED_MS = 6000;
const LEAST_QUERIES = 5;

describe('while the terminal does not read', () => {
  test('the guest is watched on, and Ctrl-Q shows what was said meanwhile', { timeout: 60_000 }, async () => {
    await using qemu = await migratingQmp('vm1');
    const args = ['attach', qemu.address, '--policy', 'stock', '--state-dir', folder];
    await using terminal = AtTerminal.switchover(args);
    await terminal.shows(/pass \d+/);
    terminal.stopReading();
    await sleep(1000);
    const before = queries(qemu.server.commands);
    await sleep(STOPPED_MS);
    const during = queries(qemu.server.commands) - before;
    const shownBefore = terminal.screen.length;
    terminal.readOn();
    await vi.waitFor(() => expect(terminal.screen.length).toBeGreaterThan(shownBefore), { timeout: 20_000 });
    expect(during).toBeGreaterThan(LEAST_QUERIES);
  });

  test('--timeout holds, and the process ends though nobody reads its last words', {
    timeout: 60_000,
  }, async () => {
    await using qemu = await migratingQmp('vm1');
    const args = ['attach', qemu.address, '--policy', 'stock', '--timeout', '5s', '--state-dir', folder];
    await using terminal = AtTerminal.switchover(args);
    await terminal.shows(/pass \d+/);
    terminal.stopReading();
    expect(await terminal.ends()).toBe(5);
    expect(qemu.server.commands.map(({ command }) => command)).toContain('migrate_cancel');
  });
});

function queries(commands: readonly { readonly command: string }[]): number {
  return commands.filter(({ command }) => command === 'query-migrate').length;
}
