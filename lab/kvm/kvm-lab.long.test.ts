/** The KVM host itself: what it is, what a command in it sees, and how it ends. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sweep } from '../sweep.ts';
import { abandonLab, expectGone, untilGone } from '../testing/abandoned.ts';
import { HostEndedError } from './host-channel.ts';
import { hostProcess } from './kept-kvm-lab.ts';
import { CHECKOUT, type KvmHost } from './kvm-host.ts';
import { type KvmLab, openKvmLab } from './kvm-lab.ts';

describe('a KVM host', { timeout: 1_800_000 }, () => {
  let lab: KvmLab;
  let host: KvmHost;
  beforeAll(async () => {
    lab = await openKvmLab();
    host = lab.host;
  });
  afterAll(async () => await lab?.close());

  test('has KVM, and this checkout, which it cannot change', async () => {
    const ran = await host.run(['sh', '-c', 'pwd; ls /dev/kvm; touch only-inside && ls only-inside']);
    expect(ran).toEqual({ status: 0, stdout: `${CHECKOUT}\n/dev/kvm\nonly-inside\n`, stderr: '' });
    expect(existsSync(`${CHECKOUT}/only-inside`)).toBe(false);
  });

  test('hands on each word as it is, both streams apart, and the exit status', async () => {
    const words = ['a b', "it's", '$HOME "q" \\', '', 'ü測'];
    const ran = await host.run(['sh', '-c', 'printf "<%s>" "$@"; echo no >&2; exit 7', 'sh', ...words]);
    expect(ran).toEqual({
      status: 7,
      stdout: words.map((word) => `<${word}>`).join(''),
      stderr: 'no\n',
    });
  });

  test('passes on much output, unharmed', async () => {
    const ran = await host.run(['sh', '-c', 'seq 1 200000 | tee /dev/stderr']);
    const lines = Array.from({ length: 200_000 }, (_, index) => `${index + 1}\n`).join('');
    expect(ran.stdout === lines && ran.stderr === lines).toBe(true);
  });

  test('interrupts a command that is told to end, and runs the next', async () => {
    const running = host.start(['sh', '-c', 'trap "exit 9" INT; echo up; while :; do sleep 0.1; done'], {
      onStdout: () => running.signal('INT'),
    });
    expect(await running.ended).toBe(9);
    expect(await host.run(['true'])).toMatchObject({ status: 0 });
  });

  test('ends what was running when its caller hangs up, and runs the next', async () => {
    const running = host.start(['sh', '-c', 'echo up; exec sleep 1000'], {
      onStdout: () => running.hangUp(),
    });
    await expect.poll(async () => await countOf('sleep 1000', host), { timeout: 120_000 }).toBe(0);
  });

  test('buries what ends without a parent', async () => {
    await host.run(['sh', '-c', '(sleep 0.5 &) ; exit 0']);
    const zombies = async () => (await host.run(['ps', '--ppid', '1', '-o', 'stat='])).stdout;
    await expect.poll(zombies, { timeout: 120_000 }).not.toMatch(/Z/);
  });

  test('has a terminal, with a shell that one can type into', async () => {
    let shown = '';
    const take = (chunk: Buffer) => {
      shown += chunk.toString();
    };
    const shell = host.startOnTerminal(['sh', '-c', 'tty; read -r line; echo "got $line"; exit 3'], take, {});
    await shell.begun;
    shell.type(Buffer.from('hello\n'));
    expect(await shell.ended).toBe(3);
    expect(shown).toContain('/dev/hvc0');
    expect(shown).toContain('got hello');
  });

  test('that ends in the middle of a command is reported, with what it said last', async () => {
    const running = host.run(['sh', '-c', 'echo o >/proc/sysrq-trigger; sleep 1000']);
    await expect(running).rejects.toThrow(HostEndedError);
    expect(hostProcess({ id: lab.id, path: lab.folder })).toBeUndefined();
  });
});

describe('a KVM host is gone', { timeout: 1_800_000 }, () => {
  test('with its owner, however that ends', async () => {
    const { abandoned, owner } = await abandonLab('kvm');
    owner.kill('SIGKILL');
    await untilGone(abandoned.pids);
    expect(await sweep()).toContain(abandoned.id);
    expectGone(abandoned, abandoned.pids);
  });

  test('when its owner is told to end', async () => {
    const { abandoned, owner } = await abandonLab('kvm');
    owner.kill('SIGINT');
    await untilGone(abandoned.pids);
    await expect.poll(() => existsSync(abandoned.folder), { timeout: 60_000 }).toBe(false);
  });
});

async function countOf(command: string, host: KvmHost): Promise<number> {
  const { stdout } = await host.run(['pgrep', '--full', '--count', '--exact', command]);
  return Number(stdout);
}
