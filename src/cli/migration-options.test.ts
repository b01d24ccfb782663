import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { assertUsage, settled } from './migration-options.ts';
import { UsageError } from './usage-error.ts';

let config: string;

beforeEach(() => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-config-'));
  config = path.join(folder, 'switchover.toml');
  fs.writeFileSync(
    config,
    `[defaults]
downtime = "200ms"
policy = "mp"
policy-option = { min-shrink = "5%" }
[[domain]]
name = "db-*"
max-downtime = "1s"
timeout = "1h"
`,
  );
  return () => fs.rmSync(folder, { recursive: true });
});

test('flags go before metadata, that before entries and [defaults]; the rest is built in', () => {
  const metadata = { 'max-downtime': '2s', timeout: '2h' };
  const { limits, problems } = settled({ config, timeout: 1000 }, { name: 'db-1', metadata });
  expect(limits).toMatchObject({
    downtimeMs: 200,
    maxDowntimeMs: 2000,
    timeoutMs: 1000,
    overBudget: 'abort',
  });
  expect(problems).toEqual([]);
});

test('the length of a brake is refused where nothing is braked, wherever that was said', () => {
  expect(settled({ config, overBudget: 'brake', brakeFor: 3000 }).limits).toMatchObject({
    overBudget: 'brake',
    brakeForMs: 3000,
  });
  const sentence = '--brake-for 3 s says how long a brake may last, and --over-budget is abort';
  expect(() => settled({ config, brakeFor: 3000 })).toThrow(sentence);
  fs.appendFileSync(config, 'over-budget = "brake"\n');
  expect(settled({ config, brakeFor: 3000 }, { name: 'db-1' }).limits.brakeForMs).toBe(3000);
  expect(() => settled({ config, brakeFor: 3000, overBudget: 'abort' }, { name: 'db-1' })).toThrow(sentence);
  // The configuration may still say brake, so by itself this is right.
  expect(() => assertUsage({ config, brakeFor: 3000 })).not.toThrow();
  expect(() => assertUsage({ config, brakeFor: 3000, overBudget: 'leave' })).toThrow(UsageError);
});

test('another policy leaves the parameters of the configured one behind', () => {
  expect(settled({ config, policy: 'stock' }).kind.name).toBe('stock');
});

test('what is wrong in the metadata is told, and what is wrong on the command line stops', () => {
  const domain = { name: 'db-1', metadata: { 'max-downtime': '100ms' } };
  expect(settled({ config }, domain)).toMatchObject({
    limits: { maxDowntimeMs: 100, downtimeMs: 100 },
    problems: [expect.stringMatching(/^domain db-1: downtime 200 ms of \[defaults\] is longer/)],
  });
  expect(() => settled({ config, maxDowntime: 100 }, { name: 'db-1' })).toThrow(UsageError);
  expect(() => settled({ config, policyOption: { magic: '1' } })).toThrow(
    '--policy-option: policy mp has no parameter "magic"',
  );
});

test('encryption that the configuration asks for is taken back by a flag only', () => {
  fs.appendFileSync(config, '[[domain]]\nname = "web-*"\ntls = true\ntls-dir = "/etc/pki/migrate"\n');
  const web = { name: 'web-1', metadata: { tls: 'no', 'tls-dir': '/tmp' } };
  expect(settled({ config }, web).encryption).toEqual({ tls: true, tlsDir: '/etc/pki/migrate' });
  expect(settled({ config, tls: false }, web).encryption.tls).toBe(false);
  expect(settled({ config, tls: true, tlsDir: '/a' }, { name: 'db-1' }).encryption).toEqual({
    tls: true,
    tlsDir: '/a',
  });
  expect(settled({ config }).encryption).toEqual({ tls: false, tlsDir: undefined });
});
