/** The built page in a real Chromium, on journals that are replayed and on `serve --demo`: what a person sees, hears and does with the keyboard. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { axeFindings } from './testing/axe.ts';
import { openBrowser } from './testing/browser.ts';
import { DemoService } from './testing/demo-service.ts';
import { ReplayServer } from './testing/replay-server.ts';

let server: ReplayServer;
let demo: DemoService;
let browser: Browser;
beforeAll(async () => {
  await build({ configFile: path.join(import.meta.dirname, 'vite.config.ts'), logLevel: 'error' });
  server = await ReplayServer.start();
  browser = await openBrowser();
  demo = await DemoService.start();
  await demo.waitFor('state=ended', ({ vm }) => vm === 'batch-7');
  await demo.act();
});
afterAll(async () => {
  await browser?.close();
  server?.close();
  demo?.close();
});

let page: Page;
let complaints: string[];
beforeEach(async () => {
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  complaints = [];
  listenTo(page);
});
afterEach(async () => {
  await page.close();
  // A Content-Security-Policy that was in the way is among these.
  expect(complaints).toEqual([]);
});

function listenTo(shown: Page): void {
  shown.on('pageerror', (error) => complaints.push(String(error)));
  shown.on('console', (message) => {
    const { url } = message.location();
    const ofTheNetwork = url.includes('/v1/') && message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !ofTheNetwork) complaints.push(message.text());
  });
  shown.on('request', (request) => {
    if (![server.url, demo.url].some((each) => request.url().startsWith(each)))
      complaints.push(`asked for ${request.url()}`);
  });
}

const migrationAt = (vm: string) => `${server.url}#/migrations/${encodeURIComponent(server.of(vm).id)}`;

const SCREENS: readonly (readonly [
  name: string,
  address: () => string,
  there: (shown: Page) => Promise<unknown>,
])[] = [
  ['all migrations', () => server.url, (shown) => shown.getByRole('link', { name: 'db-primary' }).waitFor()],
  [
    'one that runs',
    () => migrationAt('db-primary'),
    (shown) => shown.getByText('opened, under the policy').waitFor(),
  ],
  [
    'one that has ended',
    () => migrationAt('db-replica'),
    (shown) => shown.getByText('opened, under the policy').waitFor(),
  ],
  ['one that needs a person', () => migrationAt('ledger'), (shown) => shown.getByText('To do:').waitFor()],
  [
    'the history',
    () => `${server.url}#/history`,
    (shown) => shown.getByRole('row', { name: 'queue-2' }).waitFor(),
  ],
  [
    'the form',
    () => `${server.url}#/start`,
    (shown) => shown.getByLabel('Destination', { exact: true }).waitFor(),
  ],
  [
    'hosts and VMs',
    () => `${demo.url}#/hosts`,
    (shown) => shown.getByRole('row', { name: 'web-1' }).waitFor(),
  ],
  [
    'a plan, and what would make it possible',
    () => `${demo.url}#/start?vm=batch-7`,
    async (shown) => {
      await plan(shown);
      await shown.getByText('What would make it possible').waitFor();
      await shown.getByText('What other policies').click();
    },
  ],
  [
    'what if',
    () => demo.url,
    async (shown) => {
      const { id } = await demo.waitFor('state=ended', ({ outcome }) => outcome === 'completed');
      await shown.goto(`${demo.url}#/migrations/${id}`);
      await shown.getByRole('button', { name: 'Replay it' }).click();
      await shown.getByRole('rowheader', { name: 'as it was' }).waitFor();
    },
  ],
  ['the audit', () => `${demo.url}#/audit`, (shown) => shown.getByText('the window is over').waitFor()],
  [
    'no screen',
    () => `${server.url}#/nowhere`,
    (shown) => shown.getByText('There is no such screen').waitFor(),
  ],
];

async function plan(shown: Page): Promise<void> {
  await shown.getByLabel('Destination', { exact: true }).fill('host-b');
  await shown.getByRole('button', { name: 'Plan it' }).click();
  await shown.getByRole('heading', { name: 'The plan for' }).waitFor();
}

describe.each(['light', 'dark'] as const)('axe finds nothing, %s:', (colorScheme) => {
  test.each(SCREENS)('%s', async (_, address, there) => {
    const shown = await browser.newPage({ viewport: { width: 360, height: 900 }, colorScheme });
    listenTo(shown);
    await shown.goto(address());
    await there(shown);
    for (const width of [360, 1280, 3840]) {
      await shown.setViewportSize({ width, height: 900 });
      expect(await axeFindings(shown), `${width} px`).toEqual([]);
      // Nothing sticks out at the side.
      const sticksOut = await shown.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      expect(sticksOut, `${width} px`).toBe(0);
    }
    await shown.close();
  });

  test('the dialogs', async () => {
    const shown = await browser.newPage({ viewport: { width: 360, height: 740 }, colorScheme });
    listenTo(shown);
    await shown.goto(migrationAt('db-primary'));
    for (const name of ['Cancel…', 'Change limits…']) {
      await shown.getByRole('button', { name }).click();
      await shown.getByRole('dialog').waitFor();
      expect(await axeFindings(shown)).toEqual([]);
      await shown.keyboard.press('Escape');
      await shown.getByRole('dialog').waitFor({ state: 'detached' });
    }
    await shown.close();
  });
});

describe('by keyboard alone', () => {
  const focused = () => page.evaluate('document.activeElement?.textContent') as Promise<string>;
  const tabTo = async (words: string | RegExp) => {
    for (let presses = 0; presses < 60; presses += 1) {
      await page.keyboard.press('Tab');
      if ((await focused()).match(words)) return;
    }
    throw new Error(`no Tab leads to ${words}`);
  };

  test('a migration is started, and cancelled; each is confirmed with what it costs', async () => {
    await page.goto(server.url);
    await page.getByRole('link', { name: 'db-primary' }).waitFor();
    await tabTo(/^Start$/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Start a migration' }).waitFor();
    expect(await focused()).toBe('Start a migration');
    await page.keyboard.press('Tab');
    await page.keyboard.type('shop');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.type('qemu+ssh://host8.rack2/system');
    await tabTo(/Start without a plan/);
    await page.keyboard.press('Enter');
    const asks = page.getByRole('dialog', { name: 'Migrate shop to host8.rack2?' });
    await asks.getByText('The guest may stand still once').waitFor();
    await tabTo(/Start the migration/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'shop', level: 1 }).waitFor();
    expect(server.of('shop').final).toBe(false);

    await tabTo(/Cancel…/);
    await page.keyboard.press('Enter');
    const cost = page.getByRole('dialog', { name: 'Cancel the migration of shop?' });
    await cost.getByText('A later migration begins from nothing').waitFor();
    await tabTo(/Let it go on/);
    await page.keyboard.press('Enter');
    await cost.waitFor({ state: 'detached' });
    expect(await focused()).toBe('Cancel…');
    expect(server.of('shop').final).toBe(false);

    await page.keyboard.press('Enter');
    await tabTo(/Cancel the migration/);
    await page.keyboard.press('Enter');
    await page.getByText('cancelled; the guest runs on the source').first().waitFor();
    expect(server.of('shop').outcome).toBe('cancelled');
  });
});

test('limits are changed, with what that means for the pause', async () => {
  await page.goto(migrationAt('db-primary'));
  await page.getByRole('button', { name: 'Change limits…' }).click();
  const dialog = page.getByRole('dialog');
  const change = dialog.getByRole('button', { name: 'Change the limits' });
  await dialog.getByText('Nothing would change').waitFor();
  expect(await change.isDisabled()).toBe(true);
  await dialog.getByLabel('Longest pause allowed').fill('soon');
  await dialog.getByText('“soon” is not a duration').waitFor();
  await dialog.getByText('Nothing can change until what is marked is mended').waitFor();
  await dialog.getByLabel('Longest pause allowed').fill('4s');
  await dialog.getByText('may stand still for up to 4.00 s, longer than the 3.00 s of now').waitFor();
  await dialog.getByLabel('Bandwidth of its passes').fill('160mbit');
  await dialog.getByText('Its passes are held to 20.0 MB/s from now on').waitFor();
  await change.click();
  await dialog.waitFor({ state: 'detached' });
  expect(server.of('db-primary')).toMatchObject({ maxDowntimeMs: 4000, bandwidthBytesPerSecond: 20e6 });
});

test('what the service refuses is said beside the button', async () => {
  await page.goto(`${server.url}#/start`);
  await page.getByLabel('VM on its source').fill('nobody');
  await page.getByLabel('Destination', { exact: true }).fill('qmp:/b');
  await page.getByRole('button', { name: 'Start without a plan…' }).click();
  await page.getByRole('button', { name: 'Start the migration' }).click();
  await page
    .getByRole('alert')
    .filter({ hasText: 'there is no VM "nobody" here: nothing was touched' })
    .waitFor();
});

test('history is searched by VM, host and outcome, and the search is in the address', async () => {
  await page.goto(`${server.url}#/history`);
  await page.getByLabel('VM, host or number').fill('web-2');
  await page.keyboard.press('Enter');
  await page.getByText('1 found').waitFor();
  expect(page.url()).toContain('#/history?q=web-2');
  await page.getByLabel('VM, host or number').fill('host9');
  await page.getByLabel('Outcome').selectOption('aborted');
  await page.getByRole('row', { name: 'queue-2' }).waitFor();
  expect(page.url()).toContain('outcome=aborted');
  await page.goBack();
  await page.getByRole('row', { name: 'web-2' }).waitFor();
  await page.goto(`${server.url}#/history`);
  await page.getByLabel('Reason').selectOption('needs-a-person');
  await page.getByText('1 found').waitFor();
  await page.getByRole('row', { name: 'ledger' }).waitFor();
  expect(page.url()).toContain('code=needs-a-person');
});

test('a database that is away is said in the history, and is asked again', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'switchover-page-'));
  const away = 'postgres://ops@127.0.0.1:1/migrations';
  const service = await DemoService.start(['--no-watch', '--database', away, '--state-dir', folder]);
  try {
    const shown = await browser.newPage({ viewport: { width: 360, height: 740 } });
    await shown.goto(`${service.url}#/history`);
    const said = shown.getByRole('status').filter({ hasText: 'Older migrations may lack here.' });
    await said.getByText(/The database .*127\.0\.0\.1:1.* cannot be reached/).waitFor();
    expect(await axeFindings(shown)).toEqual([]);
    const again = shown.waitForResponse((each) => each.url().includes('/v1/migrations?state=all'));
    await shown.getByRole('button', { name: 'Look again' }).click();
    expect((await again).status()).toBe(200);
    await said.waitFor();
    await shown.close();
  } finally {
    service.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a VM is planned from its host, and started with what the plan says that it costs', async () => {
  await page.goto(`${demo.url}#/hosts`);
  await page.getByLabel('VM or host').fill('primary');
  await page.getByText('1 found').waitFor();
  // The demonstration migrates it again 20 s after its end, and whoever comes second is refused: begin right after one.
  await demo.waitFor(
    'state=ended',
    ({ vm, updatedAt }) => vm === 'db-primary' && Date.now() - Date.parse(updatedAt) < 1500,
  );
  const migrate = page.getByRole('link', { name: 'Migrate… db-primary' });
  await migrate.click({ timeout: 60_000 });
  expect(await page.getByLabel('VM on its source').inputValue()).toBe('db-primary');
  await plan(page);
  await page.getByText('fits, with a longer pause').waitFor();
  // Another wish has no plan yet; the same again has its own.
  await page.getByLabel('Longest pause allowed').fill('1s');
  await page.getByText('The form says something else now').waitFor();
  await page.getByLabel('Longest pause allowed').fill('');
  await page.getByText('fits, with a longer pause').waitFor();
  await page.getByRole('button', { name: 'Start…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Migrate db-primary to host-b?' });
  await dialog.getByText('Expected is a pause of').waitFor();
  await dialog.getByRole('button', { name: 'Start the migration' }).click();
  await page.getByRole('heading', { name: 'db-primary', level: 1 }).waitFor();
  await page
    .getByText(/ends? (in|not known|any moment)/)
    .first()
    .waitFor();
});

test('a way out of a plan is taken by its button, and planned so', async () => {
  await page.goto(`${demo.url}#/start?vm=batch-7`);
  await plan(page);
  const verdict = page.getByRole('region', { name: 'The plan for batch-7' });
  await verdict.getByText('What would make it possible').waitFor();
  expect(await page.getByLabel('Longest pause allowed').inputValue()).toBe('');
  const longer = verdict.getByRole('button', { name: /^Plan it so.*Longest pause allowed/ });
  await longer.click();
  await page.getByText('fits, with a longer pause').waitFor();
  // What it changed stands in the form, and what is started is that.
  const allowed = await page.getByLabel('Longest pause allowed').inputValue();
  expect(allowed).toMatch(/^\d+(\.\d+)?(ms|s)$/);
  await page.getByRole('button', { name: 'Start…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Migrate batch-7 to host-b?' });
  await dialog.getByText(`for up to ${Number.parseFloat(allowed)}`).waitFor();
});

test('what other policies would have done stands beside what was', async () => {
  const { id, pauseMs } = await demo.waitFor(
    'state=ended',
    ({ vm, outcome }) => vm === 'web-1' && outcome === 'completed',
  );
  await page.goto(`${demo.url}#/migrations/${id}`);
  await page.getByRole('button', { name: 'Replay it' }).click();
  const rows = page.getByRole('table', { name: 'What each policy would have done' }).getByRole('row');
  await rows
    .filter({ hasText: 'as it was' })
    .filter({ hasText: `${Math.round(pauseMs ?? 0)} ms` })
    .waitFor();
  expect(await rows.count()).toBe(10);
  await page.getByLabel('Pause that is always fine').fill('10ms');
  await page.getByRole('button', { name: 'Replay it' }).click();
  await rows.filter({ hasText: 'forecast would have' }).waitFor();
});

test('the audit says who did what, and is searched', async () => {
  await page.goto(`${demo.url}#/audit`);
  const row = page.getByRole('row').filter({ hasText: 'the window is over' });
  await row.filter({ hasText: 'cancelled' }).filter({ hasText: 'done' }).waitFor();
  await page.getByRole('row').filter({ hasText: 'web-9' }).filter({ hasText: 'no domain' }).waitFor();
  await page.getByRole('row').filter({ hasText: / → / }).waitFor();
  await page.getByLabel('Who, from where, what or why').fill('window local');
  await page.keyboard.press('Enter');
  await page.getByText('1 found').waitFor();
  expect(page.url()).toContain('#/audit?q=window');
});

test('each plot has its figures as a table', async () => {
  await page.goto(migrationAt('db-primary'));
  await page.getByText('opened, under the policy').waitFor();
  for (const title of ['Memory that remains', 'Pause, if it switched over then', 'Sent against dirtied']) {
    await page.getByText(`As a table: ${title}`).click();
    const table = page.getByRole('table', { name: `${title}, at each pass` });
    expect(await table.getByRole('row').count()).toBeGreaterThan(3);
  }
});

test('a lost connection is said, the clock stands still, and it comes back by itself', async () => {
  await page.goto(server.url);
  const clock = page.locator('.link.live time');
  await clock.waitFor();
  server.cut();
  const banner = page.getByRole('status').filter({ hasText: 'Connection lost since' });
  await banner.getByText(/Connection lost since \d\d:\d\d:\d\d\./).waitFor();
  const elapsed = () => page.getByRole('row', { name: 'db-primary' }).locator('.lane .elapsed').textContent();
  const then = await elapsed();
  await page.waitForTimeout(1500);
  expect(await elapsed()).toBe(then);
  server.mend();
  await page.getByRole('button', { name: 'Try now' }).click();
  await clock.waitFor();
  expect(await banner.count()).toBe(0);
  server.cut();
  await banner.waitFor();
  server.mend();
  // Nobody does anything.
  await clock.waitFor({ timeout: 20_000 });
});

test('a token is asked for where the service wants one, and a wrong one is asked for again', async () => {
  const closed = await ReplayServer.start({ token: 'let-me-in' });
  try {
    const shown = await browser.newPage();
    await shown.goto(`${closed.url}#/history`);
    const dialog = shown.getByRole('dialog', { name: 'This service asks for a token' });
    await dialog.getByLabel('Token').fill('wrong');
    await shown.keyboard.press('Enter');
    await shown.waitForTimeout(300);
    await dialog.getByLabel('Token').fill('let-me-in');
    await shown.keyboard.press('Enter');
    await shown.getByRole('row', { name: 'queue-2' }).waitFor();
    expect(await dialog.count()).toBe(0);
    await shown.close();
  } finally {
    closed.close();
  }
});
