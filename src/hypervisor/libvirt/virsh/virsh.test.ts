import { describe, expect, test, vi } from 'vitest';
import { fakeVirsh, lives, TEST_HOST, TEST_UUID, withoutVirsh } from './testing/fake-virsh.ts';
import { errorText, NoVirshError, VirshError, VirshTimeoutError, virsh } from './virsh.ts';

describe('on libvirt’s built-in host', () => {
  test('an answer', async () => expect((await virsh(TEST_HOST, ['domuuid', 'test'])).trim()).toBe(TEST_UUID));

  test.each(['no; echo yes', '$(id)', "a'b", '--all', 'ñandú\u2028'])(
    'arguments reach it as they are: %j',
    async (name) => {
      const failure = virsh(TEST_HOST, ['domuuid', `--domain=${name}`]);
      await expect(failure).rejects.toThrow(new VirshError(`failed to get domain '${name}'`));
    },
  );

  test('an error is its last line, which is the cause', async () => {
    const failure = virsh('qemu+unix:///system?socket=/nonexistent', ['list']);
    await expect(failure).rejects.toThrow(VirshError);
    await expect(failure).rejects.toThrow(
      /^Failed to connect socket to '\/nonexistent': No such file or directory$/,
    );
  });
});

test('no virsh on the path: told at once, and no timer keeps the process alive', async () => {
  withoutVirsh();
  const timers = () => process.getActiveResourcesInfo().filter((each) => each === 'Timeout').length;
  const before = timers();
  await expect(virsh(TEST_HOST, ['list'])).rejects.toThrow(NoVirshError);
  await expect(virsh(TEST_HOST, ['list'])).rejects.toThrow(/apt-get install libvirt-clients/);
  expect(timers()).toBe(before);
});

test('one that does not answer is ended', async () => {
  const fake = fakeVirsh('exec sleep 60');
  const failure = virsh('qemu:///slow', ['domstate', 'vm1'], { timeoutMs: 200 });
  await expect(failure).rejects.toThrow(
    new VirshTimeoutError('qemu:///slow did not answer `virsh domstate` within 0.2 s'),
  );
  expect(fake.pids().map(lives)).toEqual([false]);
});

test('one that somebody else ended did not time out', async () => {
  fakeVirsh('kill -SEGV $$');
  await expect(virsh(TEST_HOST, ['list'])).rejects.toThrow(VirshError);
});

test('an error without words tells the status', async () => {
  fakeVirsh('exit 3');
  await expect(virsh(TEST_HOST, ['list'])).rejects.toThrow('virsh ended with status 3');
});

test('it speaks English, leaves no history, and is out of reach of our Ctrl-C', async () => {
  vi.stubEnv('LANGUAGE', 'fr');
  vi.stubEnv('LC_ALL', 'fr_FR.UTF-8');
  fakeVirsh(`echo "$LC_ALL,$LANGUAGE,$XDG_CACHE_HOME"
[ "$(cut -d' ' -f6 /proc/$$/stat)" = $$ ] && echo 'a session of its own'`);
  expect(await virsh(TEST_HOST, ['list'])).toBe('C,,/dev/null\na session of its own\n');
});

test.each([
  ['error: failed to connect to the hypervisor\nerror: no route \n', 'no route'],
  ['error: internal error: QEMU said\nmore of it\n', 'internal error: QEMU said'],
  ['virsh: not found\n', 'virsh: not found'],
  // Found by the fuzzer: each line was told as a refusal of its own.
  ['ssh: no route to host\r\nlost\n\n', 'ssh: no route to host lost'],
  ['', ''],
])('the cause in %j', (stderr, cause) => expect(errorText(stderr)).toBe(cause));
