/** Webhooks against real receivers, which refuse, hang, die and come back. */
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { ServiceBed } from '../testing/service-bed.ts';
import { backoffMs, signatureOf } from './deliver.ts';
import { testEvent, type WebhookEvent, webhookEventSchema } from './webhook-event.ts';
import { BOUNDS, Webhooks } from './webhooks.ts';
import { loadWebhooks } from './webhooks-file.ts';

const SECRET = Buffer.alloc(32, 7);
const QUICK = { firstRetryMs: 20, attemptWithinMs: 300 };

let folder: string;
let file: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-webhooks-'));
  file = path.join(folder, 'webhooks.toml');
  fs.writeFileSync(path.join(folder, 'secret'), `whsec_${SECRET.toString('base64')}\n`, { mode: 0o600 });
  return () => fs.rmSync(folder, { recursive: true });
});

interface Got {
  readonly id: string;
  readonly event: WebhookEvent;
}

/** Takes what is signed rightly, in the way that `answer` says. */
class Receiver {
  readonly got: Got[] = [];
  asked = 0;
  answer: (response: http.ServerResponse) => void = (response) => void response.writeHead(204).end();
  private server: http.Server | undefined;
  port = 0;

  async start(): Promise<void> {
    const server = http.createServer(async (request, response) => {
      this.asked += 1;
      let body = '';
      for await (const part of request.setEncoding('utf8')) body += part;
      const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = request.headers;
      const right = createHmac('sha256', SECRET).update(`${id}.${at}.${body}`).digest('base64');
      expect(signature).toBe(`v1,${right}`);
      expect(Math.abs(Date.now() / 1000 - Number(at))).toBeLessThan(60);
      response.once('finish', () => {
        if (response.statusCode < 300)
          this.got.push({ id: String(id), event: webhookEventSchema.parse(JSON.parse(body)) });
      });
      this.answer(response);
    });
    this.server = server;
    server.listen(this.port, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    this.port = (server.address() as AddressInfo).port;
    onTestFinished(() => this.die());
  }

  die(): void {
    this.server?.closeAllConnections();
    this.server?.close();
  }

  types(): string[] {
    return this.got.map(({ event }) => event.type);
  }
}

async function receiver(): Promise<Receiver> {
  const made = new Receiver();
  await made.start();
  return made;
}

function configure(...entries: { name: string; to: Receiver; more?: string }[]): void {
  const text = entries.map(
    ({ name, to, more = '' }) =>
      `[[webhook]]\nname = "${name}"\nurl = "http://127.0.0.1:${to.port}/hook"\nsecret-file = "secret"\n${more}\n`,
  );
  fs.writeFileSync(file, text.join('\n'));
}

function tell(bed: ServiceBed, bounds: Partial<typeof BOUNDS> = {}) {
  const said: string[] = [];
  const counted: string[] = [];
  const waiting: Record<string, number> = {};
  const webhooks = new Webhooks(
    {
      file,
      folder: path.join(folder, 'spool'),
      live: bed.live,
      say: (sentence) => said.push(sentence),
      counted: (webhook, what) => counted.push(`${webhook} ${what}`),
      waiting: (webhook, count) => {
        waiting[webhook] = count;
      },
    },
    { ...QUICK, ...bounds },
  );
  onTestFinished(async () => await webhooks.close());
  return { webhooks, said, counted, waiting };
}

function makeBed(): ServiceBed {
  const bed = new ServiceBed();
  onTestFinished(async () => await bed[Symbol.asyncDispose]());
  return bed;
}

test('a migration is told as it begins, stops its guest and ends, each once, to those who want it', async () => {
  const [all, failures, others] = [await receiver(), await receiver(), await receiver()];
  configure(
    { name: 'all', to: all },
    {
      name: 'failures',
      to: failures,
      more: 'events = ["ended", "needs-attention"]\noutcome = ["failed", "aborted"]',
    },
    { name: 'others', to: others, more: 'vm = ["web-*"]' },
  );
  const bed = makeBed();
  const { said, counted } = tell(bed, { attemptWithinMs: 10_000 });
  const id = await bed.migrated();
  await expect
    .poll(() => all.types().sort())
    .toEqual(['migration.ended', 'migration.started', 'migration.switching-over']);
  const ended = all.got.find(({ event }) => event.type === 'migration.ended');
  expect(ended).toMatchObject({
    id: `${id}.ended`,
    event: { data: { id, final: true, outcome: 'completed', runsOn: 'destination' } },
  });
  // Its pause is too long for it: it needs a person.
  const aborted = await bed.migrated({ maxDowntimeMs: 310 });
  await expect.poll(() => failures.types().sort()).toEqual(['migration.ended', 'migration.needs-attention']);
  expect(failures.got[0]?.event.data).toMatchObject({ id: aborted, outcome: 'aborted' });
  expect(others.got).toEqual([]);
  await expect.poll(() => fs.readdirSync(path.join(folder, 'spool'))).toEqual([]);
  expect(counted.filter((each) => each === 'all delivered').length).toBeGreaterThanOrEqual(3);
  expect(said).toEqual([]);
});

test.each<[string, (to: Receiver) => void]>([
  ['refuses', (to) => (to.answer = (response) => void response.writeHead(500).end('x'.repeat(1e6)))],
  [
    'leads elsewhere',
    (to) => (to.answer = (response) => void response.writeHead(307, { location: '/' }).end()),
  ],
  ['hangs', (to) => (to.answer = () => {})],
  ['breaks off', (to) => (to.answer = (response) => void response.socket?.destroy())],
  ['is dead', (to) => to.die()],
])('a receiver that %s keeps no migration, and gets all once it is back', async (_, spoil) => {
  const to = await receiver();
  configure({ name: 'ops', to });
  spoil(to);
  const bed = makeBed();
  const { said, waiting } = tell(bed);
  await bed.migrated();
  await expect.poll(() => waiting['ops']).toBe(3);
  await expect
    .poll(() => said)
    .toEqual([expect.stringMatching(/^webhook ops: http:\/\/127\.0\.0\.1:\d+ does not take/)]);
  to.die();
  to.answer = (response) => void response.writeHead(200).end();
  await to.start();
  await expect.poll(() => waiting['ops'], { timeout: 10_000 }).toBe(0);
  expect(new Set(to.types()).size).toBe(3);
  expect(said.at(-1)).toBe('webhook ops: takes events again');
});

test('what waits outlives the service, and is given up in time', async () => {
  const to = await receiver();
  configure({ name: 'ops', to });
  to.die();
  const bed = makeBed();
  const first = tell(bed);
  await bed.migrated();
  await expect.poll(() => first.waiting['ops']).toBe(3);
  await first.webhooks.close();
  expect(fs.readdirSync(path.join(folder, 'spool'))).toHaveLength(3);
  await to.start();
  const second = tell(makeBed());
  await expect.poll(() => to.types().length).toBe(3);
  expect(second.said).toEqual(['webhook ops: goes on with 3 that wait']);
  await second.webhooks.close();

  to.answer = (response) => void response.writeHead(503).end();
  const third = tell(bed, { givenUpAfterMs: 100 });
  await bed.migrated();
  await expect.poll(() => third.counted.filter((each) => each === 'ops dropped')).toHaveLength(3);
  expect(third.said.at(-1)).toMatch(
    /^webhook ops: .*\.(ended|started|switching-over) is not delivered, and given up: it answers 503/,
  );
  // It is said first.
  await expect.poll(() => fs.readdirSync(path.join(folder, 'spool'))).toEqual([]);
});

test('a receiver that says 410 wants no more of it, and one that says when is asked then', async () => {
  const to = await receiver();
  configure({ name: 'ops', to, more: 'events = ["ended"]' });
  to.answer = (response) => void response.writeHead(410).end();
  const bed = makeBed();
  const { counted, said } = tell(bed);
  await bed.migrated();
  await expect.poll(() => counted).toEqual(['ops failed', 'ops dropped']);
  expect(said.at(-1)).toMatch(/given up: it answers 410/);
  to.answer = (response) => void response.writeHead(429, { 'retry-after': '60' }).end();
  await bed.migrated();
  await expect.poll(() => to.asked).toBe(2);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(to.asked).toBe(2);
});

test('of what waits only so much is kept: the oldest go, and are told', async () => {
  const to = await receiver();
  configure({ name: 'ops', to });
  to.die();
  const spool = path.join(folder, 'spool');
  fs.mkdirSync(spool);
  for (let at = 0; at < 5; at += 1)
    fs.writeFileSync(
      path.join(spool, `${at}.json`),
      JSON.stringify({ webhook: 'ops', id: `m${at}.ended`, since: Date.now() - 5000 + at, body: '{}' }),
    );
  const bed = makeBed();
  const { counted, waiting, said } = tell(bed, { mostWaiting: 5, firstRetryMs: 60_000 });
  await expect.poll(() => waiting['ops']).toBe(5);
  await bed.migrated();
  await expect.poll(() => counted.filter((each) => each === 'ops dropped')).toHaveLength(3);
  await expect.poll(() => waiting['ops']).toBe(5);
  expect(
    said.filter((each) => /m[0-4]\.ended is not delivered, and given up: more than 5 wait/.test(each)),
  ).toHaveLength(3);
});

test('the file is read again: one that is wrong leaves the old one', async () => {
  const [first, second] = [await receiver(), await receiver()];
  configure({ name: 'ops', to: first, more: 'events = ["ended"]' });
  const bed = makeBed();
  const { webhooks, said } = tell(bed);
  fs.writeFileSync(file, 'webhook = 1');
  webhooks.readAgain();
  expect(said).toEqual([expect.stringMatching(/^webhooks not taken: .*webhooks\.toml:1: webhook: /)]);
  await bed.migrated();
  await expect.poll(() => first.types()).toEqual(['migration.ended']);
  configure({ name: 'ops', to: second, more: 'events = ["ended"]' });
  webhooks.readAgain();
  await bed.migrated();
  await expect.poll(() => second.types()).toEqual(['migration.ended']);
});

describe('a file that is wrong is told in full, and no secret with it', () => {
  test.each<[string, string, RegExp]>([
    ['no TOML', '[[webhook', /webhooks\.toml:1: this is no TOML/],
    ['none', '', /webhook/],
    [
      'a key that nobody knows',
      'evnts = ["ended"]',
      /:5: evnts: it is not known here: did you mean events\?/,
    ],
    [
      'an event',
      'events = ["begun"]',
      /:5: events: there are started, switching-over, ended, needs-attention/,
    ],
    ['a pattern', 'vm = ["[a"]', /webhook ops: the \[ in "\[a" is never closed/],
    ['a secret that is none', 'secret-file = "short"', /holds no secret: make one with/],
    ['a secret that all may read', 'secret-file = "open"', /open can be read by every user of this machine/],
    ['no secret', 'secret-file = "none"', /the secret .*none cannot be read: no such file/],
    ['another kind of URL', 'url = "ftp://h/"', /:3: url: it is no URL of http or https/],
    ['a password in the URL', 'url = "http://a:b@h/"', /:3: url: it is no URL of http or https without user/],
  ])('%s', (_, line, words) => {
    const open = path.join(folder, 'open');
    fs.writeFileSync(open, `whsec_${SECRET.toString('base64')}`);
    fs.chmodSync(open, 0o644);
    fs.writeFileSync(path.join(folder, 'short'), 'whsec_c2hvcnQ=', { mode: 0o600 });
    fs.writeFileSync(file, withLine(line));
    let problem = '';
    try {
      loadWebhooks(file);
    } catch (error) {
      problem = (error as Error).message;
    }
    expect(problem).toMatch(words);
    expect(problem).not.toContain(SECRET.toString('base64'));
  });
});

/** A file that is right but for that line. */
function withLine(line: string): string {
  if (!/^[a-z]/.test(line)) return line;
  const lines = ['[[webhook]]', 'name = "ops"', 'url = "http://h/"', 'secret-file = "secret"'];
  const [key = ''] = line.split(' = ');
  const at = lines.findIndex((each) => each.startsWith(key));
  if (at === -1) return [...lines, line].join('\n');
  return lines.with(at, line).join('\n');
}

test('the signature is that of the specification, and the example of docs/service.md verifies it', () => {
  // The example of https://www.standardwebhooks.com, as its libraries test it.
  const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body: '{"test": 2432232314}' };
  const secret = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
  expect(signatureOf(secret, message, 1614265330)).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  const page = fs.readFileSync(path.join(import.meta.dirname, '../../../docs/service.md'), 'utf8');
  const [, example = ''] = /```js\n(\/\/ verify\.mjs\n[\s\S]*?)```/.exec(page) ?? [];
  const program = path.join(folder, 'verify.mjs');
  fs.writeFileSync(program, example);
  const now = Math.floor(Date.now() / 1000);
  const verified = (body: string, at = now) =>
    execFileSync(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `import { isFromSwitchover } from '${program}';
         console.log(isFromSwitchover(${JSON.stringify({
           'webhook-id': message.id,
           'webhook-timestamp': String(at),
           'webhook-signature': signatureOf(secret, message, at),
         })}, ${JSON.stringify(body)}, 'whsec_${secret.toString('base64')}'));`,
      ],
      { encoding: 'utf8' },
    ).trim();
  expect(verified(message.body)).toBe('true');
  expect(verified('{"test": 1}')).toBe('false');
  expect(verified(message.body, now - 3600)).toBe('false');
});

test('it is tried again ever more seldom, and not by all at the same moment', () => {
  expect([1, 2, 3, 4, 9].map((attempts) => backoffMs(attempts, 0.5))).toEqual([
    5000, 20_000, 80_000, 320_000, 3600e3,
  ]);
  expect(backoffMs(1, 0)).toBe(4000);
  expect(backoffMs(1, 1)).toBeCloseTo(6000);
  expect(BOUNDS).toMatchObject({ firstRetryMs: 5000, givenUpAfterMs: 24 * 3600e3 });
});

test('the example is an event as the schema has it', () => {
  expect(webhookEventSchema.parse(testEvent(new Date()))).toMatchObject({ type: 'webhook.test' });
});
