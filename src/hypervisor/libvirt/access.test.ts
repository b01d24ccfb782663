import { expect, test } from 'vitest';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { Access, VirshWays } from './access.ts';
import { LibvirtHypervisor } from './libvirt-hypervisor.ts';
import { withoutVirsh } from './virsh/testing/fake-virsh.ts';
import { VirshError } from './virsh/virsh.ts';

const UUID = '6695eb01-f6a4-8304-79aa-97f2502e193f';
const HOST = 'qemu+tcp://source/system';
const MARK = `metadata --domain=${UUID} --uri=urn:switchover:lease:1 --live`;

/** A host whose one domain has a mark, and no virsh. */
function simulated() {
  const clock = new VirtualClock();
  const asked: string[] = [];
  let mark = '';
  const ask: VirshWays['ask'] = async (_, args) => {
    await clock.sleep(1);
    const words = args.join(' ');
    asked.push(words);
    if (words === 'domuuid --domain=vm1') return UUID;
    if (!words.startsWith(MARK)) throw new VirshError(`unknown command: '${words}'`);
    const set = args.find((arg) => arg.startsWith('--set='));
    if (set !== undefined) mark = set.slice('--set='.length);
    return set === undefined ? mark : '';
  };
  const nothing = () => {
    throw new Error('not in this test');
  };
  const virsh = { ask, run: nothing, openShell: nothing, migrate: nothing, assertUsable: async () => {} };
  const access: Access = {
    virsh,
    clock,
    inBackground: (ms, callback) => clock.after(ms, callback),
    place: () => ({ host: 'here', bootId: '5cf1e1f5-7a3e-4ef0-8a55-3b2b7c9f8d22', network: 'net:[1]' }),
  };
  return { clock, asked, access, mark: () => mark };
}

test('a claim is set and renewed by the virsh and the clock that it was given, and by no process', async () => {
  withoutVirsh();
  const { clock, asked, access, mark } = simulated();
  const claim = await clock.until(
    new LibvirtHypervisor({ access }).claim(`${HOST}#vm1`, 'qemu+tcp://destination/system#vm1', undefined),
  );
  expect(mark()).toMatch(/host="here".* beat="0"/);
  await clock.pass(25_000);
  expect(mark()).toContain('beat="2"');
  await clock.until(claim.rest());
  const before = asked.length;
  await clock.pass(60_000);
  expect(asked).toHaveLength(before);
});
