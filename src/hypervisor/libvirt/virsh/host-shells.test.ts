import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { askHost, closeShells } from './host-shells.ts';
import {
  fakeHost,
  fakeVirsh,
  lives,
  soon,
  TEST_HOST,
  TEST_UUID,
  withoutVirsh,
} from './testing/fake-virsh.ts';
import { NoVirshError, VirshError, VirshTimeoutError, virsh } from './virsh.ts';

const HOST = 'qemu:///shells';
/** Says what it is asked, and which virsh was asked; `hangs` answers nothing. */
const TELLS = `while read -r word rest; do
  case "$word $rest" in
    'echo --err '*) echo "\${rest#--err }" >&2 ;;
    'echo '*) echo "$rest" ;;
    hangs*) exec sleep 60 ;;
    slow*) sleep 0.02; echo done ;;
    fails*) echo 'error: no such thing' >&2 ;;
    *) echo "$word $$" ;;
  esac
done`;

test.each([
  ['metadata', `--domain=${TEST_UUID}`, '--uri=urn:switchover:lease:1', '--live'],
  ['domuuid', '--domain=test'],
  ['dumpxml', `--domain=${TEST_UUID}`],
  ['list', '--all', '--uuid'],
  ['version', '--daemon'],
  ['domcapabilities', '--virttype=qemu', '--arch=x86_64', '--machine=pc-i440fx-11.0-as-long-as-it-is'],
])('a real virsh that stays answers as one that was just started: %s', async (...args) => {
  const words = async (asked: Promise<string>) => await asked.catch((error: Error) => error.message);
  expect((await words(askHost(TEST_HOST, args))).trim()).toBe((await words(virsh(TEST_HOST, args))).trim());
});

// A plain environment, as of a service or of CI, has no TERM: readline then showed the end of a long command only.
test.each([{}, { TERM: 'xterm', COLUMNS: '40' }])(
  'it does so whatever terminal it is begun on: %j',
  async (given) => {
    closeShells();
    vi.stubEnv('TERM', undefined);
    for (const [name, value] of Object.entries(given)) vi.stubEnv(name, value);
    onTestFinished(() => void vi.unstubAllEnvs());
    const args = ['metadata', `--domain=${TEST_UUID}`, '--uri=urn:switchover:lease:1', '--live'];
    expect(await askHost(TEST_HOST, args)).toBe('');
  },
);

describe('the virshs of a host', () => {
  test('one answers all that is asked one after the other, and most of what is asked at once', async () => {
    const fake = fakeVirsh(TELLS);
    const first = await askHost(HOST, ['first']);
    expect(await askHost(HOST, ['first'])).toBe(first);
    const answers = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((word) => askHost(HOST, [word])));
    expect(answers.map((answer) => answer.split(' ')[0])).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(fake.pids()).toHaveLength(1);
  });

  test('many that are asked at once do not start one each, however long all take together', async () => {
    const fake = fakeVirsh(TELLS);
    await askHost(HOST, ['first']);
    await Promise.all(Array.from({ length: 40 }, () => askHost(HOST, ['slow'])));
    expect(fake.pids().length).toBeLessThanOrEqual(2);
  });

  test('one that hangs holds up nobody else, and is ended', async () => {
    const fake = fakeVirsh(TELLS);
    await askHost(HOST, ['first']);
    const hangs = expect(askHost(HOST, ['hangs'], 1500)).rejects.toBeInstanceOf(VirshTimeoutError);
    expect(await askHost(HOST, ['other'])).toMatch(/^other /);
    expect(fake.pids()).toHaveLength(2);
    await hangs;
    await soon(() => expect(fake.pids().filter(lives)).toHaveLength(1));
    expect(await askHost(HOST, ['later'])).toMatch(/^later /);
  });

  test('a refusal is the answer, and the next is answered by the same', async () => {
    const fake = fakeVirsh(TELLS);
    await expect(askHost(HOST, ['fails'])).rejects.toThrow(VirshError);
    await askHost(HOST, ['works']);
    expect(fake.pids()).toHaveLength(1);
  });

  test('what is not fit for a command line goes to one of its own', async () => {
    const fake = fakeHost('shift 3; echo "$*"');
    expect(await askHost(HOST, ['metadata', '--set=<a b="c"/>'])).toBe('metadata --set=<a b="c"/>\n');
    expect(fake.pids()).toHaveLength(1);
  });

  test('a host that is out of reach says so in the words of a virsh that was just started', async () => {
    const fake = fakeHost(`echo 'error: failed to connect to the hypervisor' >&2
echo 'error: Connection refused' >&2; exit 1`);
    await expect(askHost(HOST, ['uri-of'])).rejects.toThrow('Connection refused');
    expect(fake.pids()).toHaveLength(2);
    withoutVirsh();
    await expect(askHost(HOST, ['uri-of'])).rejects.toBeInstanceOf(NoVirshError);
  });
});
