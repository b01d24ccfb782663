/** Programs that a drain asks: real ones, on simulated hosts and a real PostgreSQL. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { STAGES } from '../drain/stages.ts';
import { resumeDrain } from './drains.ts';
import { NO_HOOKS, ProgramHooks } from './hooks.ts';
import { DrainBed } from './testing/drain-bed.ts';
import { FleetServer } from './testing/fleet-database.ts';
import { SimulatedHosts } from './testing/simulated-hosts.ts';

let server: FleetServer;
beforeAll(async () => {
  server = await FleetServer.start(process.env['SWITCHOVER_TEST_DATABASE']);
}, 120_000);
afterAll(async () => await server?.[Symbol.asyncDispose](), 120_000);

const shell = (script: string) => ['/bin/sh', '-c', script];
const ABOUT = { host: 'a', drain: 'd', vm: { uuid: 'u', name: 'vm1', destination: 'b' } };

describe.concurrent('a program', () => {
  const ask = async (script: string | readonly string[], timeoutMs = 5000, letGo = new AbortController()) =>
    await new ProgramHooks(
      { 'before-vm': typeof script === 'string' ? shell(script) : script },
      timeoutMs,
    ).ask('before-vm', ABOUT, letGo.signal);

  test.each<[string, string | string[], object]>([
    ['0: go on', 'echo whatever', { is: 'go' }],
    ['70: skip', 'echo not today; exit 70', { is: 'skip', words: 'before-vm: not today' }],
    ['others: hold, by its last line', 'echo a; echo b >&2; exit 3', { is: 'hold', words: 'before-vm: b' }],
    ['silent', 'exit 3', { is: 'hold', words: 'before-vm: its exit status is 3' }],
    ['ended by others', 'kill -9 $$', { is: 'hold', words: 'before-vm: it was ended by SIGKILL' }],
    ['not there', ['/no/such'], { is: 'hold', words: 'before-vm: it cannot be run: spawn /no/such ENOENT' }],
    [
      'with what it is about, as variables',
      'echo "$SWITCHOVER_STAGE $SWITCHOVER_HOST $SWITCHOVER_DRAIN $SWITCHOVER_VM $SWITCHOVER_VM_UUID $SWITCHOVER_DESTINATION"; exit 70',
      { is: 'skip', words: 'before-vm: before-vm a d vm1 u b' },
    ],
    ['without a shell', ['/bin/echo', '$HOME; exit 3'], { is: 'go' }],
  ])('that answers: %s', async (_, script, answer) => expect(await ask(script)).toEqual(answer));

  test('that does not end is ended, with all that it has started', async () => {
    const startedMs = performance.now();
    expect(await ask('sleep 60 & sleep 60', 200)).toEqual({
      ...{ is: 'hold', words: 'before-vm: it has not ended within 200 ms, and was ended' },
    });
    const letGo = new AbortController();
    const asked = ask('sleep 60', 5000, letGo);
    letGo.abort();
    expect(await asked).toMatchObject({ words: 'before-vm: it was ended, as its controller lets go' });
    expect(performance.now() - startedMs).toBeLessThan(30_000);
  });
});

describe.concurrent('a drain', () => {
  test('asks before and after its host and each VM, of the controller that has the programs', async () => {
    const hosts = new SimulatedHosts({ a: ['vm1', 'vm2', 'vm3'].map((uuid) => ({ uuid })) });
    await using bed = await DrainBed.make(server, 'hooks', hosts);
    const file = path.join(server.folder, 'asked');
    const note = `echo "$SWITCHOVER_STAGE $SWITCHOVER_VM $SWITCHOVER_DESTINATION" >> ${file}`;
    const hooks = new ProgramHooks({
      'before-host': shell(note),
      'after-host': shell(note),
      'before-vm': shell(
        `${note}; case $SWITCHOVER_VM in vm2) echo stay; exit 70;; vm3) echo its owner sleeps; exit 1;; esac`,
      ),
      'after-vm': shell(note),
    });
    // One without them begins nothing of it.
    await bed.runner('without', NO_HOOKS);
    const drain = await bed.drain('a', { hooks: [...STAGES], to: [{ uri: 'b' }], atATime: 1 });
    expect(await bed.untilPhase(drain, 'waiting')).toMatchObject({
      words: 'waiting for its before-host program',
    });
    await bed.runner('with', hooks);
    const { states, view } = await bed.untilPhase(drain, 'blocked');
    expect(states).toEqual({ vm1: 'moved', vm2: 'left', vm3: 'held' });
    expect(view.vms.get('vm2')?.state).toMatchObject({ reason: { words: 'before-vm: stay' } });
    expect(view.vms.get('vm3')?.state).toMatchObject({ reason: { words: 'before-vm: its owner sleeps' } });
    expect(hosts.migrations.map(({ vm, by }) => [vm, by])).toEqual([['vm1', 'with']]);
    hosts.vanish('vm2');
    hosts.vanish('vm3');
    await bed.untilPhase(drain, 'empty');
    const asked = fs
      .readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.trim());
    expect(asked).toEqual([
      ...['before-host', 'before-vm vm1 b', 'after-vm vm1 b', 'before-vm vm2 b', 'before-vm vm3 b'],
      ...['after-host', ''],
    ]);
    await bed.expectTrue();
  });

  test('that a program holds stands still with its words, and asks again once a person goes on with it', async () => {
    const hosts = new SimulatedHosts({ a: [{ uuid: 'vm1' }, { uuid: 'vm2' }] });
    await using bed = await DrainBed.make(server, 'held_by_hook', hosts);
    const file = path.join(server.folder, 'may');
    const until = (name: string) => shell(`test -e ${file}.${name} || { echo not yet; exit 1; }`);
    await bed.runner('one', new ProgramHooks({ 'before-host': until('host'), 'after-vm': until('vm') }));
    const drain = await bed.drain('a', { hooks: ['before-host', 'after-vm'], atATime: 1 });
    const resume = '; `switchover drain resume` goes on with it';
    expect(await bed.untilPhase(drain, 'paused')).toMatchObject({
      words: `paused: before-host: not yet${resume}`,
      status: 4,
    });
    expect(hosts.migrations).toEqual([]);
    fs.writeFileSync(`${file}.host`, '');
    await resumeDrain(bed.database, drain);
    await bed.until(drain, ({ states }) => states['vm1'] === 'moved');
    expect(await bed.untilPhase(drain, 'paused')).toMatchObject({
      words: `paused: vm1: after-vm: not yet${resume}`,
      status: 4,
    });
    expect(hosts.migrations).toHaveLength(1);
    fs.writeFileSync(`${file}.vm`, '');
    await resumeDrain(bed.database, drain);
    await bed.until(drain, ({ states }) => states['vm2'] === 'moved');
    await bed.expectTrue();
  });

  test('whose host a program skips is over before it began', async () => {
    const hosts = new SimulatedHosts({ a: [{ uuid: 'vm1' }] });
    await using bed = await DrainBed.make(server, 'skipped', hosts);
    await bed.runner('one', new ProgramHooks({ 'before-host': shell('echo it is fine; exit 70') }));
    const drain = await bed.drain('a', { hooks: ['before-host'] });
    expect(await bed.untilPhase(drain, 'ended')).toMatchObject({
      words: 'cancelled: before-host: it is fine',
    });
    expect(hosts.migrations).toEqual([]);
  });
});
