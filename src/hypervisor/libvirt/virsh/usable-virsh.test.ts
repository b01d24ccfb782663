import { beforeEach, expect, test, vi } from 'vitest';
import { fakeVirsh, watchedVirsh, withoutVirsh } from './testing/fake-virsh.ts';

/** It remembers what it found, so each test has its own. */
let assertUsableVirsh: () => Promise<void>;
beforeEach(async () => {
  vi.resetModules();
  ({ assertUsableVirsh } = await import('./usable-virsh.ts'));
});

test('this machine’s is, and is asked once', async () => {
  const virsh = watchedVirsh();
  await Promise.all([assertUsableVirsh(), assertUsableVirsh()]);
  await assertUsableVirsh();
  expect(virsh.pids()).toHaveLength(1);
});

test('one that is too old is refused, with its version, every time', async () => {
  fakeVirsh(`case "$*" in
  *--version*) echo 6.0.0 ;;
  *) echo '    domjobinfo <domain> [--completed] [--keep-completed] [--anystats]' ;;
esac`);
  for (const _ of [1, 2])
    await expect(assertUsableVirsh()).rejects.toMatchObject({
      code: 'lacks-feature',
      message: expect.stringMatching(/^virsh 6\.0\.0 is too old: it has no `domjobinfo --rawstats`/),
    });
});

test('one that does not know the command at all is too old', async () => {
  fakeVirsh(`[ "$4" = --version ] && echo 0.7.0 && exit
echo "error: command 'domjobinfo' doesn't exist" >&2; exit 1`);
  await expect(assertUsableVirsh()).rejects.toMatchObject({ code: 'lacks-feature' });
});

test('none is refused', async () => {
  withoutVirsh();
  await expect(assertUsableVirsh()).rejects.toMatchObject({
    code: 'no-virsh',
    message: expect.stringContaining('libvirt-clients'),
  });
});

test('a refusal is not kept: the virsh that is installed meanwhile is found', async () => {
  withoutVirsh();
  await expect(assertUsableVirsh()).rejects.toMatchObject({ code: 'no-virsh' });
  fakeVirsh(`echo '    domjobinfo <domain> [--rawstats]'`);
  await assertUsableVirsh();
});
