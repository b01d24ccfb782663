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
    [['--policy-option', 'min-shrink=150%'], /min-shrink.*not a percentage/],
    [['--policy-option', 'magic=1'], /no parameter "magic"/],
    [['--over-budget', 'pray'], /--over-budget.*pray/],
    [['--json', '--output', 'jsonl'], /exclude each other/],
    [['--no-such-flag'], /unknown option '--no-such-flag'/],
  ])('%j', async (args, sentence) => {
    const ran = await switchover('migrate', 'qmp:/a', 'qmp:/b', '--migrate-uri', 'tcp:h:1', ...args);
    expect(ran.stderr).toMatch(sentence);
    expect(ran.stderr.split('\n').length).toBeLessThanOrEqual(3);
    expect(ran).toMatchObject({ status: 2, stdout: '' });
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
});
