/** Drains on the built page in a real Chromium, by `serve --demo`: the real engine and database, on simulated hosts. */
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Host, Session } from './src/api-types.ts';
import { hostOf } from './src/model/words.ts';
import { axeFindings } from './testing/axe.ts';
import { openBrowser } from './testing/browser.ts';
import { DemoService } from './testing/demo-service.ts';

const HOST_A = 'simulated://host-a/system';

let demo: DemoService;
let browser: Browser;
beforeAll(async () => {
  await build({ configFile: path.join(import.meta.dirname, 'vite.config.ts'), logLevel: 'error' });
  browser = await openBrowser();
  demo = await DemoService.start();
});
afterAll(async () => {
  await browser?.close();
  demo?.close();
});

let page: Page;
let complaints: string[];
beforeEach(async () => {
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  complaints = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
});
afterEach(async () => {
  await page.close();
  expect(complaints).toEqual([]);
});

const drainAt = (id: string) => `${demo.url}#/drains/${id}`;
const rowOf = (name: string) => page.locator('.drainvms tr', { has: page.getByText(name, { exact: true }) });
const groupOf = (title: string) => page.locator('.drainvms tbody', { hasText: title });

/** One that is under way, from its beginning on. */
async function movingDrain(): Promise<string> {
  await demo.nextDrain();
  return (await demo.waitForDrain(({ state, counts }) => state === 'draining' && counts.moving > 0)).id;
}

/** Its VMs that can leave have left. */
async function blockedDrain(): Promise<string> {
  return (await demo.waitForDrain(({ state }) => state === 'blocked')).id;
}

test('a drain is watched as it goes on: what needs a person stands on top, and VMs move by themselves', async () => {
  const id = await movingDrain();
  await page.goto(`${demo.url}#/drains`);
  await page.getByRole('row', { name: 'host-a' }).getByText('draining').waitFor();
  await page.getByRole('link', { name: 'host-a' }).click();
  await page.getByRole('heading', { name: 'Drain of host-a', level: 1 }).waitFor();
  expect(page.url()).toBe(drainAt(id));

  await page.getByText('the deadline holds').waitFor();
  await page.getByText(/It says nothing of 1 VM that cannot leave/).waitFor();
  expect(await page.locator('.drainvms tbody').first().getAttribute('class')).toBe('person');
  await rowOf('ledger').getByText('What would help: with --max-downtime').waitFor();
  await groupOf('On the way')
    .getByText(/pass \d+/)
    .first()
    .waitFor();
  await page.locator('.destinations .roombar').first().waitFor();
  // Nobody does anything: one that was on its way has moved, and its row says so.
  const moved = Number(await page.locator('.drainfigures dd').nth(3).textContent());
  await expect
    .poll(async () => Number(await page.locator('.drainfigures dd').nth(3).textContent()), {
      timeout: 120_000,
    })
    .toBeGreaterThan(moved);
  await groupOf('Moved, or shut down')
    .getByText(/\d\d:\d\d:\d\d, after \d+ s/)
    .first()
    .waitFor();
  const link = groupOf('Moved, or shut down').getByRole('link').first();
  const name = (await link.textContent()) ?? '';
  await link.click();
  await page.getByRole('heading', { name, level: 1 }).waitFor();
  await page.getByText('is drained').waitFor();
});

test('a drain is paused and resumed, each confirmed with what it costs', async () => {
  const id = await movingDrain();
  await page.goto(drainAt(id));
  await page.getByRole('button', { name: 'Pause…', exact: true }).click();
  const asks = page.getByRole('dialog', { name: 'Pause the drain of host-a?' });
  await asks.getByText(/on the way arrives? all the same/).waitFor();
  await asks.getByText('The deadline stays where it is.').waitFor();
  await asks.getByLabel('Reason').fill('lunch');
  await asks.getByRole('button', { name: 'Pause it' }).click();
  await page.locator('.stateline .chip', { hasText: 'paused' }).waitFor();
  expect((await demo.waitForDrain((of) => of.id === id)).state).toBe('paused');
  await page.getByRole('button', { name: 'Resume…' }).click();
  await page.getByRole('button', { name: 'Resume it' }).click();
  await page.locator('.stateline .chip', { hasText: 'draining' }).waitFor();
});

test('by keyboard alone a VM is allowed a longer pause, leaves, and the host is released once it is empty', async () => {
  const id = await blockedDrain();
  await page.goto(drainAt(id));
  await page.getByText('nothing can begin without you').waitFor();
  const tabTo = async (words: RegExp) => {
    for (let presses = 0; presses < 40; presses += 1) {
      await page.keyboard.press('Tab');
      const at = (await page.evaluate('document.activeElement?.textContent')) as string;
      if (words.test(at)) return;
    }
    throw new Error(`no Tab leads to ${words}`);
  };
  await tabTo(/Allow a longer pause… ledger/);
  await page.keyboard.press('Enter');
  const asks = page.getByRole('dialog', { name: 'Let ledger stand still for longer?' });
  // What the remedy names stands in the field.
  expect(await asks.getByLabel('Longest pause of this VM').inputValue()).toMatch(/^\d+(\.\d+)?s$/);
  await asks.getByText(/may stand still for up to/).waitFor();
  await tabTo(/Allow it, and try again/);
  await page.keyboard.press('Enter');
  await asks.waitFor({ state: 'detached' });
  await page.locator('.stateline .chip', { hasText: 'empty' }).waitFor({ timeout: 180_000 });
  expect(await page.locator('.drainvms tbody.person').count()).toBe(0);
  await tabTo(/^Release…$/);
  await page.keyboard.press('Enter');
  await page.getByText('Drains may move VMs to host-a again.').waitFor();
  await tabTo(/^Release it$/);
  await page.keyboard.press('Enter');
  await page.locator('.stateline .chip', { hasText: 'released' }).waitFor();
  // What has left may come back, and nothing else can be asked for.
  expect(await page.getByRole('button', { name: /…$/ }).allTextContents()).toEqual(['Return…']);
});

test('a drain is planned, then started by what the plan says; a second one of the host is the same', async () => {
  await blockedDrain();
  // Its VMs have gone to these.
  const { hosts } = await demo.get<{ readonly hosts: readonly Host[] }>('v1/hosts');
  const [from, to] = hosts
    .filter(({ host }) => /host-[bc]/.test(host))
    .sort((a, b) => Math.sign(b.vms.length) - Math.sign(a.vms.length) || a.vms.length - b.vms.length);
  expect(from?.vms.length).toBeGreaterThan(0);
  const name = hostOf(from?.host ?? '');
  await page.goto(`${demo.url}#/hosts`);
  await page.getByRole('link', { name: `Drain… ${name}` }).click();
  expect(await page.getByLabel('Host to be drained').inputValue()).toBe(from?.host);
  const start = page.getByRole('button', { name: 'Start…' });
  await page.getByLabel('Destinations', { exact: true }).fill(to?.host ?? '');
  await page.getByLabel('Deadline', { exact: true }).fill('soon');
  await page.getByText('“soon” is no deadline').waitFor();
  await page.getByLabel('Deadline', { exact: true }).fill('1h');
  // So that there is room, wherever the others have gone.
  await page.getByLabel('Memory kept free on each destination').fill('0');
  const windows = page.getByLabel('Windows, in which moves begin');
  await windows.fill('tonight');
  await page.getByText('“tonight” is no window: write it like 22:00-04:00').waitFor();
  expect(await page.getByRole('button', { name: 'Plan it' }).isDisabled()).toBe(true);
  // What a rule of iCalendar says the service knows.
  await windows.fill('FREQ=DAILY;BYHOUR=99 for 1h');
  await page.getByRole('button', { name: 'Plan it' }).click();
  await page.getByText('BYHOUR cannot be 99').waitFor();
  complaints = complaints.filter((each) => !each.includes('status of 422'));
  const inHours = (hours: number) => new Date(Date.now() + hours * 3600e3).getHours();
  await windows.fill(`${inHours(3)}:00-${inHours(5)}:00`);
  await page.getByRole('button', { name: 'Plan it' }).click();
  await page.getByText('passes before the window opens: nothing would begin').waitFor();
  await page.getByText(/^Moves begin in its windows only, /).waitFor();
  await page.locator('.drainmoves .open').first().waitFor();
  await windows.fill('0:00-24:00');
  await page.getByLabel('Of that, for all VMs together').fill('5gbit');
  expect(await start.count()).toBe(0);
  await page.getByRole('button', { name: 'Plan it' }).click();
  const plan = page.getByRole('region', { name: `The plan for ${name}` });
  await plan.getByText(/starts at once, and (the last one )?has left/).waitFor();
  await plan.getByText(/The deadline, (59 min|1 h).* holds/).waitFor();
  await page.getByLabel('Reason').fill('new fans');
  await start.click();
  const asks = page.getByRole('dialog', { name: `Drain ${name}?` });
  await asks.getByText(`Until it is released, no drain moves a VM to ${name}.`).waitFor();
  await asks.getByRole('button', { name: 'Start the drain' }).click();
  await page.getByRole('heading', { name: `Drain of ${name}`, level: 1 }).waitFor();
  await page.getByText('new fans').waitFor();
  const again = await demo.post('v1/drains', { host: from?.host, to: [{ host: HOST_A }] });
  expect(again.status).toBe(200);
  expect(page.url()).toContain(((await again.json()) as { id: string }).id);
  await page.getByRole('button', { name: 'Cancel…' }).click();
  await page.getByRole('button', { name: 'Cancel it' }).click();
  await page.locator('.stateline .chip', { hasText: 'cancelled' }).waitFor({ timeout: 120_000 });
});

test('who may only look sees all of it, and no button', async () => {
  await page.route('**/v1/session', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...((await answer.json()) as Session), role: 'view' } });
  });
  const id = await blockedDrain();
  await page.goto(drainAt(id));
  await rowOf('ledger').getByText('What would help').waitFor();
  for (const name of [/Release/, /Cancel/, /Pause…/, /Try again/, /Allow/])
    expect(await page.getByRole('button', { name }).count(), String(name)).toBe(0);
  await page.goto(`${demo.url}#/drains`);
  await page.getByRole('row', { name: 'host-a' }).first().waitFor();
  expect(await page.getByRole('link', { name: 'Drain a host…' }).count()).toBe(0);
  await page.goto(`${demo.url}#/start-drain`);
  await page.getByText('You may only look').waitFor();
  expect(await page.getByRole('button', { name: 'Plan it' }).isDisabled()).toBe(true);
});

describe('a screen reader', () => {
  const screens: readonly (readonly [string, () => Promise<string>, (shown: Page) => Promise<unknown>])[] = [
    [
      'the list',
      async () => `${demo.url}#/drains`,
      (shown) => shown.getByRole('row', { name: 'host-a' }).first().waitFor(),
    ],
    [
      'one that goes on',
      async () => drainAt(await movingDrain()),
      (shown) => shown.locator('.drainvms .moving').first().waitFor(),
    ],
    [
      'one that is blocked',
      async () => drainAt(await blockedDrain()),
      (shown) => shown.locator('.destinations .roombar').first().waitFor(),
    ],
    [
      'the form, with its plan',
      async () => `${demo.url}#/start-drain?host=${encodeURIComponent(HOST_A)}`,
      async (shown) => {
        await shown.getByLabel('host-b', { exact: true }).check();
        await shown.getByRole('button', { name: 'Plan it' }).click();
        await shown.locator('.drainplan').waitFor();
      },
    ],
  ];
  for (const [name, address, there] of screens)
    for (const [width, colorScheme] of [
      [360, 'light'],
      [1280, 'dark'],
    ] as const)
      test(`can read ${name}, at ${width} px, ${colorScheme}`, async () => {
        const shown = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
        await shown.goto(await address());
        await there(shown);
        expect(await axeFindings(shown)).toEqual([]);
        const wide = (await shown.evaluate('document.documentElement.scrollWidth')) as number;
        expect(wide).toBeLessThanOrEqual(width);
        await shown.close();
      });

  test('can read each dialog', async () => {
    await page.goto(drainAt(await blockedDrain()));
    for (const name of [/^Cancel…/, /^Release…/, /^Try again…/, /^Allow a longer pause…/, /^Decide…/]) {
      await page.getByRole('button', { name }).first().click();
      await page.getByRole('dialog').waitFor();
      expect(await axeFindings(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
  });
});
