import { describe, expect, test } from 'vitest';
import { Running, switchover } from '../lab/switchover-process.ts';

describe('wrong usage: exit 2, one sentence that names the option', () => {
  test.each([
    [['--downtime', '300'], /--downtime.*"300" is not a duration/],
    [['--max-downtime', '-1s'], /--max-downtime.*not a duration/],
    [['--downtime', '2s', '--max-downtime', '1s'], /--downtime .* is longer than --max-downtime/],
    [['--max-downtime', '0s'], /--max-downtime.*must be above zero/],
    [['--max-downtime', '1h'], /2000 s/],
    [['--bandwidth', 'fast'], /--bandwidth.*"fast" is not a rate/],
    [['--policy', 'hope'], /--policy.*hope.*mp, relaxed, stock/],
    [['--policy', 'mp', '--policy-option', 'min-shrink=150%'], /min-shrink.*not a percentage/],
    [['--policy-option', 'magic=1'], /no parameter "magic"/],
    [['--over-budget', 'pray'], /--over-budget.*pray/],
    [['--over-budget', 'brake', '--brake-for', '0s'], /--brake-for.*must be above zero/],
    [['--over-budget', 'abort', '--brake-for', '5s'], /--brake-for 5 s .*--over-budget is abort: add/],
    [['--json', '--output', 'jsonl'], /exclude each other/],
    [['--no-such-flag'], /unknown option '--no-such-flag'/],
  ])('%j', async (args, sentence) => {
    const ran = await switchover('migrate', 'qmp:/a', 'qmp:/b', '--migrate-uri', 'tcp:h:1', ...args);
    expect(ran.stderr).toMatch(sentence);
    expect(ran.stderr.split('\n').length).toBeLessThanOrEqual(3);
    expect(ran).toMatchObject({ status: 2, stdout: '' });
  });

  test.each([
    [['migrte'], /unknown command 'migrte'\n\(Did you mean migrate\?\)\n\(switchover --help tells more\)/],
    [['drain', 'show'], /'host-or-id'\n\(switchover drain show --help tells more\)/],
  ])('%j: told where the help is', async (args, sentences) => {
    expect(await switchover(...args)).toMatchObject({ status: 2, stderr: expect.stringMatching(sentences) });
  });

  test('no migrate URI', async () => {
    const ran = await switchover('migrate', 'qmp:/a', 'qmp:/b');
    expect(ran).toMatchObject({ status: 2, stderr: expect.stringContaining('--migrate-uri is needed') });
  });

  test('the same from the environment', async () => {
    const ran = await new Running(['migrate', 'qmp:/a', 'qmp:/b', '--migrate-uri', 'tcp:h:1'], {
      SWITCHOVER_DOWNTIME: 'soon',
    }).ended;
    expect(ran).toMatchObject({ status: 2, stderr: expect.stringContaining('"soon" is not a duration') });
  });

  test.each([
    [['simulate', '/nowhere.toml'], 2, /\/nowhere\.toml: it cannot be read \(ENOENT\)/],
    [
      ['simulate', 'docs/examples/loop.toml', '--policy', 'hope'],
      2,
      /--policy.*'hope'.*there are forecast, mp, relaxed/,
    ],
    [['simulate', 'docs/examples/loop.toml', '--migrations', '0'], 2, /whole number from 1/],
    ...[
      ['migrate', 'qmp:/a', 'qmp:/b', '--migrate-uri', 'tcp:h:1'],
      ['attach', 'qmp:/a'],
      ['plan', 'qmp:/a'],
    ].map((command): [string[], number, RegExp] => [
      [...command, '--policy', 'nova'],
      2,
      /nova is the rule of another system.* forecast, mp, relaxed or stock; .*`switchover simulate` or `switchover replay`/,
    ]),
    [
      ['migrate', 'qmp:/a', 'qmp:/b', '--migrate-uri', 'tcp:h:1', '--policy', 'frs'],
      2,
      /--policy.*'frs'.*no QEMU takes an order.*`switchover simulate` only/,
    ],
    [
      ['simulate', 'docs/examples/loop.toml', '--svg', '/nowhere/x.svg'],
      2,
      /--svg \/nowhere\/x\.svg.*no such file/,
    ],
    [['plan', 'qmp:/a', '--probe', '10ms'], 2, /--probe.*it takes 100ms to 60s/],
    [['plan', 'qmp:/a', '--max-downtime', '1h'], 2, /--max-downtime.*2000 s/],
    [['plan', 'qmp:/a', '--svg', '/nowhere/x.svg'], 2, /--svg \/nowhere\/x\.svg.*no such file/],
    [['plan', 'qmp:/a', 'qmp:/b'], 2, /--migrate-uri is needed/],
    [['plan', 'qmp:/a', '--dname', 'x'], 2, /--dname is for libvirt domains/],
    [['plan', 'qmp:/nowhere.sock'], 3, /\/nowhere\.sock/],
    [['replay', 'nothing', '--state-dir', '/nowhere'], 3, /nothing/],
    [
      ['migrate', 'vm1', 'qemu:///b', '--listen-uri', 'tcp:h:1'],
      2,
      /--listen-uri is for a QEMU without libvirt/,
    ],
    [['migrate', 'vm1', 'qmp:/b', '--downtime', '1s'], 2, /qmp:\/b is the monitor of a QEMU/],
    [
      ['migrate', 'qmp:/a', 'qmp:/b', '--migrate-uri', 'tcp:h:1', '--dname', 'x'],
      2,
      /--dname is for libvirt domains/,
    ],
    [['migrate', 'qmp:/a', 'qmp:/b', '--connect', 'qemu:///x'], 2, /--connect is for libvirt domains/],
  ])('%j', async (args, status, sentence) => {
    const ran = await switchover(...args);
    expect(ran.stderr).toMatch(sentence);
    expect(ran).toMatchObject({ status, stdout: '' });
  });
});

test('completion names the policies that a migration takes, and is no error', async () => {
  const ran = await switchover('complete', '--', 'migrate', '--policy', '');
  expect(ran).toMatchObject({ status: 0, stdout: 'forecast\t\nmp\t\nrelaxed\t\nstock\t\n:4\n' });
  expect(await switchover('complete', 'bash')).toMatchObject({ status: 0, stderr: '' });
});

test('simulate and replay print documents', async () => {
  const ran = await switchover('simulate', 'docs/examples/loop.toml', '--policy', 'mp', '--json');
  expect(JSON.parse(ran.stdout)).toMatchObject({ schema: 1, results: [{ policy: 'mp', completed: 1 }] });
});

test('Ctrl-C ends a simulation, with the policies that were done', async () => {
  const scenario = ['simulate', 'docs/examples/fleet.toml', '--migrations', '1000000', '--policy', 'stock'];
  const running = new Running([...scenario, '--json']);
  await running.says(/simulating: /);
  running.process.kill('SIGINT');
  expect(await running.ended).toMatchObject({
    ...{ status: 130, stdout: '' },
    stderr: expect.stringMatching(/\ninterrupted: 0 of 1 policies were done\n$/),
  });
});
