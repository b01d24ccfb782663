import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseConfig } from '../config/parse-config.ts';
import type { LibvirtHypervisor } from '../hypervisor/libvirt/libvirt-hypervisor.ts';
import { fakeHost, soon } from '../hypervisor/libvirt/virsh/testing/fake-virsh.ts';
import { FolderJournals } from '../journal/folder/folder-journals.ts';
import { initiatorHere } from '../journal/initiator.ts';
import { LinkShare } from '../migration/link-share/link-share.ts';
import { ScriptedMigration } from '../migration/testing/scripted-migration.ts';
import { takeOver } from './taken-over.ts';
import { TextLog } from './watch-log.ts';

const UUID = '00000000-0000-4000-8000-000000000003';
/** A host with an older QEMU, whose domain `moves` migrates with a card of the host. */
const HOST = `case "$4" in
  help) echo --rawstats ;;
  version) printf '%s\\n' 'Running against daemon: 10.0.0' 'Running hypervisor: QEMU 9.2.0' ;;
  domuuid) echo '${UUID}' ;;
  domstate) echo 'running (booted)' ;;
  dumpxml) echo "<domain type='kvm'><name>moves</name><uuid>${UUID}</uuid><memory>1024</memory><os><type arch='x86_64' machine='pc'>hvm</type></os><devices><hostdev mode='subsystem' type='pci'/></devices></domain>" ;;
  domjobinfo) printf '%s\\n' 'Job type: 2' 'operation: 5' 'memory_iteration: 3' ;;
  *) exit 0 ;;
esac`;

async function takenOver(script: string, toml = '', brakesAtOnce = false) {
  fakeHost(script);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-taken-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  const migration = new ScriptedMigration({ begunByUs: false });
  const lines: string[] = [];
  const taken = await takeOver({
    hypervisor: {
      attachTo: async () => migration,
      brakesAtOnce: () => brakesAtOnce,
    } as unknown as LibvirtHypervisor,
    vm: 'qemu:///fake-taken#moves',
    host: 'qemu:///fake-taken',
    findDestination: async () => undefined,
    config: parseConfig(toml, 'f'),
    store: new FolderJournals(folder),
    initiator: initiatorHere(),
    log: new TextLog((text) => void lines.push(text)),
    linkShare: new LinkShare(() => 0),
    firstSignMs: performance.now(),
  });
  return { taken, lines };
}

test('what is known to go wrong is told once, and the journal says why watch let go', async () => {
  const { taken, lines } = await takenOver(HOST);
  await soon(() => expect(lines.join('')).toMatch(/one TLS stream/));
  await taken?.detach('detached, as watch ended on SIGTERM');
  await taken?.ended;
  const told = lines.filter((line) => line.includes('known to go wrong'));
  expect(told).toEqual([
    expect.stringMatching(
      /^moves: known to go wrong: the guest has a VFIO device, .* no pause can be promised/,
    ),
    expect.stringMatching(/^moves: known to go wrong if it uses one TLS stream: .* 55 GB /),
  ]);
  expect(lines.at(-1)).toMatch(
    /^moves: detached: detached, as watch ended on SIGTERM: the migration goes on/,
  );
});

describe('what a manager has set before watch came', () => {
  const NOVA = '<metadata><instance xmlns=\\"http://openstack.org/xmlns/libvirt/nova/1.1\\"/></metadata>';
  const host = (metadata = '') =>
    HOST.replace('<devices>', `${metadata}<devices>`).replace(
      '  *)',
      '  migrate-getmaxdowntime) echo 50 ;;\n  *)',
    );
  const told = async (script: string, toml?: string) => {
    const { taken, lines } = await takenOver(script, toml);
    await taken?.detach('over');
    await taken?.ended;
    return lines.join('');
  };

  test('holds, but of one that is known to raise it by steps', async () => {
    expect(await told(host())).toMatch(/the starter allows 50 ms, which holds/);
    expect(await told(host(NOVA))).toMatch(
      /a pause of 5 s the longest allowed, not the 50 ms that the starter has set so far/,
    );
  });

  test('holds as configured', async () => {
    expect(await told(host(), '[watch]\ninsist = true')).toMatch(
      /a pause of 5 s the longest allowed, not the 50 ms/,
    );
    expect(await told(host(NOVA), '[watch]\ninsist = false')).toMatch(
      /the starter allows 50 ms, which holds/,
    );
  });
});

test.each([true, false])('over-budget = "brake" holds where there is a quota to set: %s', async (quota) => {
  const { taken, lines } = await takenOver(HOST, '[defaults]\nover-budget = "brake"', quota);
  await taken?.detach('over');
  await taken?.ended;
  const left = /^moves: over-budget is brake, and there is no quota .*: what does not fit is left running/m;
  if (quota) expect(lines.join('\n')).not.toMatch(left);
  else expect(lines.join('\n')).toMatch(left);
});
