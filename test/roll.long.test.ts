/** `switchover roll` over two real libvirt hosts: each is emptied, worked on, and given back before the next one's turn. */
import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { LibvirtBed } from '../lab/libvirt/libvirt-bed.ts';

test('two hosts are emptied in turn, and the roll ends where the program says no', async () => {
  await using bed = await LibvirtBed.make({ workload: { kind: 'loop', wssMiB: 16 }, memoryMiB: 128 });
  const { hosts } = bed.lab;
  const told = path.join(bed.stateDir, 'told');
  const program = path.join(bed.stateDir, 'work');
  const write = (then: string) =>
    fs.writeFileSync(program, `#!/bin/sh\necho "$SWITCHOVER_HOST" >> ${told}\n${then}\n`, { mode: 0o755 });
  const roll = (...args: string[]) =>
    bed.run(
      'roll',
      ...['--hosts', ...hosts.map(({ tcpUri }) => tcpUri), '--after-host', program, '--reserve', '0'],
      ...hosts.flatMap(({ address }) => ['--migrateuri', `tcp://${address}`]),
      ...['--line-rate', '480mbit', '--probe', '1s', ...bed.common(), ...args],
    ).ended;
  const on = async () => {
    const running: string[] = [];
    for (const host of hosts) if ((await bed.guest.on(host).state()) === 'running') running.push(host.tcpUri);
    return running;
  };
  const [first = '', second = ''] = hosts.map(({ tcpUri }) => tcpUri);
  expect(await on()).toEqual([first]);

  write('exit 0');
  const whole = await roll('--json');
  expect(whole, whole.stderr).toMatchObject({ status: 0 });
  expect(JSON.parse(whole.stdout)).toMatchObject({
    hosts: [
      { host: first, state: 'done' },
      { host: second, state: 'done' },
    ],
  });
  expect(fs.readFileSync(told, 'utf8')).toBe(`${first}\n${second}\n`);
  // There, and back from the second host's turn.
  expect(await on()).toEqual([first]);
  await bed.verify(hosts[0]);

  // Somebody's word at the second host: it stays empty, and takes no VM until it is released.
  write(`[ "$SWITCHOVER_HOST" != ${second} ] || { echo "not tonight"; exit 1; }`);
  const stopped = await roll();
  expect(stopped.status, stopped.stderr).toBeGreaterThan(0);
  expect(stopped.stdout).toContain(`${first}: done\n`);
  expect(stopped.stdout).toMatch(/: stopped: .*not tonight/);
  expect(stopped.stdout).toContain(`\`--from ${second}\` goes on there`);
  expect(await on()).toEqual([first]);

  write('exit 0');
  const rest = await roll('--from', second, '--return');
  expect(rest, rest.stderr).toMatchObject({ status: 0 });
  expect(rest.stdout).toBe(`${second}: done\n`);
  // What had left it in that turn has come back.
  await bed.verify(hosts[1]);
}, 300_000);
