import { execSync } from 'node:child_process';
import { afterEach, describe, expect, test } from 'vitest';
import {
  fakeVirsh,
  lives,
  soon,
  TEST_HOST,
  TEST_UUID,
  watchedVirsh,
  withoutVirsh,
} from './testing/fake-virsh.ts';
import { NoVirshError, VirshError, VirshTimeoutError } from './virsh.ts';
import { VirshShell } from './virsh-shell.ts';

let shell: VirshShell | undefined;
afterEach(() => shell?.close());
const open = (uri = TEST_HOST) => {
  shell = new VirshShell(uri);
  return shell;
};
const NAME = ['domname', TEST_UUID];
const UUID = ['domuuid', 'test'];
const LIST = ['list', '--all', '--uuid', '--name'];
/** Prints nothing until it is ended. */
const WAITS = ['event', '--all', '--loop'];

test('answers to what was asked at once are in order, and come from one process', async () => {
  const virsh = watchedVirsh();
  const shell = open();
  const answers = await Promise.all([NAME, UUID, LIST, ['uri'], NAME].map((args) => shell.run(args)));
  expect(answers).toEqual(['test', TEST_UUID, `${TEST_UUID} test`, TEST_HOST, 'test']);
  expect(virsh.pids()).toHaveLength(1);
});

test('an error is its command’s own', async () => {
  const shell = open();
  const answers = await Promise.allSettled([
    shell.run(NAME),
    shell.run(['domname', 'nobody']),
    shell.run(['domjobinfo', TEST_UUID, '--rawstats']),
    shell.run(UUID),
  ]);
  expect(answers).toMatchObject([
    { value: 'test' },
    { reason: new VirshError("failed to get domain 'nobody'") },
    // The last of its two lines.
    { reason: { message: expect.stringMatching(/^this function is not supported/) } },
    { value: TEST_UUID },
  ]);
});

test('a host that cannot be reached', async () => {
  const shell = open('qemu+unix:///system?socket=/nonexistent');
  await expect(shell.run(NAME)).rejects.toThrow("Failed to connect socket to '/nonexistent'");
});

test.each([
  'a b',
  "a'b",
  '"a"',
  'a\nlist',
  'a;list',
  '$HOME',
  '`id`',
  'a#b',
  '\\',
  'ñ',
  'a\u2028',
  'test\n',
  '',
])('refuses %j before anything is written', async (word) => {
  const virsh = fakeVirsh('exec sleep 60');
  const shell = open();
  await expect(shell.run(['domname', word])).rejects.toThrow(/not fit for virsh's own command line/);
  await expect(shell.run([word])).rejects.toThrow(/not fit/);
  expect(virsh.pids()).toEqual([]);
});

describe('what was asked and cannot be answered is rejected, and the next command starts another virsh', () => {
  test('somebody killed it', async () => {
    const virsh = watchedVirsh();
    const shell = open();
    await shell.run(NAME);
    const pending = Promise.allSettled([shell.run(WAITS), shell.run(NAME)]);
    const [pid = 0] = virsh.pids();
    process.kill(pid, 'SIGKILL');
    expect(await pending).toMatchObject([
      { reason: new VirshError('virsh was ended') },
      { reason: new VirshError('virsh was ended') },
    ]);
    expect(await shell.run(NAME)).toBe('test');
    expect(virsh.pids()).toHaveLength(2);
  });

  test('it does not answer in time', async () => {
    const shell = open();
    const pending = Promise.allSettled([shell.run(WAITS, 200), shell.run(NAME)]);
    expect(await pending).toMatchObject([
      { reason: new VirshTimeoutError(`${TEST_HOST} did not answer \`virsh ${WAITS[0]}\` within 0.2 s`) },
      { reason: { name: 'VirshTimeoutError' } },
    ]);
    expect(await shell.run(NAME)).toBe('test');
  });

  test('it was closed', async () => {
    const virsh = watchedVirsh();
    const shell = open();
    await shell.run(NAME);
    const pending = shell.run(WAITS);
    shell.close();
    await expect(pending).rejects.toThrow('virsh was ended');
    await soon(() => expect(virsh.pids().map(lives)).toEqual([false]));
    expect(await shell.run(NAME)).toBe('test');
  });

  test('there is none', async () => {
    withoutVirsh();
    const shell = open();
    await expect(shell.run(NAME)).rejects.toThrow(NoVirshError);
    await expect(shell.run(NAME)).rejects.toThrow(NoVirshError);
  });
});

test('what an ended virsh had printed is no part of the answers of the next', async () => {
  const shell = open();
  const unread = shell.run(LIST).catch(() => 'ended');
  // It answers while we are busy.
  execSync('sleep 0.5');
  shell.close();
  expect(await shell.run(NAME)).toBe('test');
  expect(await unread).toBe('ended');
});

test('a virsh without readline, which shows neither prompts nor commands', async () => {
  fakeVirsh(`while read -r word rest; do
  case "$word $rest" in
    'echo --err '*) echo "error: \${rest#--err }" >&2 ;;
    'echo '*) printf %s "$rest" ;;
    'fail '*) echo 'error: no' >&2 ;;
    *) echo "answer $word" ;;
  esac
done`);
  const shell = open();
  const answers = await Promise.allSettled(['one', 'fail', 'two', 'three'].map((word) => shell.run([word])));
  expect(answers).toMatchObject([
    { value: 'answer one' },
    { reason: new VirshError('no') },
    { value: 'answer two' },
    { value: 'answer three' },
  ]);
});

test('a command after which virsh says that it has connected anew was carried out', async () => {
  fakeVirsh(`while read -r word rest; do
  case "$word $rest" in
    'echo --err '*) echo "error: \${rest#--err }" >&2 ;;
    'echo '*) printf %s "$rest" ;;
    *) echo 'error: Disconnected from qemu:///system due to end of file' >&2
      echo 'error: Reconnected to the hypervisor' >&2
      [ $word = fail ] && echo 'error: no' >&2 || echo "answer $word" ;;
  esac
done`);
  const shell = open();
  expect(await shell.run(['set'])).toBe('answer set');
  await expect(shell.run(['fail'])).rejects.toThrow(new VirshError('no'));
});
