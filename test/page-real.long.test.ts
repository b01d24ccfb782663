/**
 * The page in a real Chromium before a real service on real hosts: a person plans, starts, watches and understands a migration
 * there. Which host has the guest is asked from the hypervisors, by connections of the test's own.
 */
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { Bed, LOOP } from '../lab/bed.ts';
import { LibvirtBed } from '../lab/libvirt/libvirt-bed.ts';
import { Running, switchover } from '../lab/switchover-process.ts';
import type { PlanDocument } from '../src/plan/document.ts';
import type { MigrationSummary } from '../src/service/migration-summary.ts';
import { openBrowser } from '../web/testing/browser.ts';

beforeAll(async () => {
  const configFile = path.join(import.meta.dirname, '..', 'web', 'vite.config.ts');
  await build({ configFile, logLevel: 'error' });
});

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function laterClosed<T extends AsyncDisposable>(opened: T): T {
  closing.push(async () => await opened[Symbol.asyncDispose]());
  return opened;
}

function laterEnded(service: Running): Running {
  closing.push(async () => {
    service.process.kill('SIGTERM');
    await service.ended;
  });
  return service;
}

async function tokenFor(name: string, role: string, stateDir: string): Promise<string> {
  const { stdout } = await switchover('token', 'add', name, '--role', role, '--state-dir', stateDir);
  return stdout.trim();
}

async function openedBrowser(prefix: readonly string[] = []): Promise<Browser> {
  const browser = await openBrowser(prefix);
  closing.push(async () => await browser.close());
  return browser;
}

/** What the page draws into its plots as words: the canvas keeps none. */
const KEEP_DRAWN = `
  window.drawn = [];
  const draw = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
    if (!window.drawn.includes(text)) window.drawn.push(text);
    return draw.call(this, text, ...rest);
  };`;

/** A page in a window of its own, let in by its token. */
async function pageOf(browser: Browser, at: string, token: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(60_000);
  await page.addInitScript(KEEP_DRAWN);
  await page.goto(`${at}/`);
  const dialog = page.getByRole('dialog', { name: 'This service asks for a token' });
  await dialog.getByLabel('Token').fill(token);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Running migrations', level: 1 }).waitFor();
  return page;
}

interface Wish {
  readonly vm: string;
  readonly destination: string;
  readonly migrateUri: string;
}

/** By the start screen. @returns once the screen of the migration is there */
async function startBy(page: Page, { vm, destination, migrateUri }: Wish, name: string): Promise<void> {
  await page.getByRole('link', { name: 'Start', exact: true }).click();
  await page.getByLabel('VM on its source').fill(vm);
  await page.getByLabel('Destination', { exact: true }).fill(destination);
  await page.getByLabel('Memory goes to').fill(migrateUri);
  await page.getByLabel('Longest pause allowed').fill('5s');
  await page.getByRole('button', { name: /^Start( without a plan)?…$/ }).click();
  await page.getByRole('button', { name: 'Start the migration' }).click();
  await page.getByRole('heading', { name, level: 1 }).waitFor();
}

const idOf = (page: Page) => decodeURIComponent(new URL(page.url()).hash.split('/')[2] ?? '');

/** To its end: all that a person is told there. */
async function watchToItsEnd(page: Page): Promise<void> {
  await page.getByText('Pause, measured · limit').waitFor({ timeout: 120_000 });
  await page.locator('.stateline').getByText('migrated', { exact: true }).waitFor();
  const story = page.getByRole('table', { name: 'Decisions and events, the newest first' });
  await story
    .getByText(/^switch over: .*a pause of/)
    .first()
    .waitFor();
  await story.getByText('the guest stands still on the source').waitFor();
  await story.getByText('the guest runs on the destination').first().waitFor();
  expect(await page.evaluate('window.drawn')).toContain('switchover');
  await page.getByText('As a table: Memory that remains').click();
  const passes = page.getByRole('table', { name: 'Memory that remains, at each pass' });
  expect(await passes.getByRole('row').count()).toBeGreaterThan(2);
}

async function asked<T>(at: string, token: string, place: string, body?: object): Promise<[number, T]> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const response = await fetch(`${at}${place}`, { ...init, headers });
  return [response.status, (await response.json()) as T];
}

test('a memory-intensive guest is planned, started on the page, watched to its end and explained; a viewer only looks', async () => {
  const bed = laterClosed(await Bed.make(LOOP));
  const [ops, looks] = [
    await tokenFor('ops', 'operate', bed.stateDir),
    await tokenFor('looks', 'view', bed.stateDir),
  ];
  const service = laterEnded(
    new Running(['serve', '--listen', '127.0.0.1:0', '--no-watch', '--state-dir', bed.stateDir]),
  );
  await service.prints(/^switchover .* follows no host/m);
  const [, at = ''] = /listens at (http:\S+)\//.exec(service.stdout) ?? [];
  const { source: vm, destination } = bed;
  const wish: Wish = { vm, destination, migrateUri: bed.pair.migrateUri };
  const [status, plan] = await asked<PlanDocument>(at, ops, '/v1/plans', {
    ...wish,
    lineRateBytesPerSecond: 60e6,
  });
  expect([status, plan.verdict], JSON.stringify(plan)).toEqual([200, 'memory-intensive']);

  const browser = await openedBrowser();
  const page = await pageOf(browser, at, ops);
  const viewer = await pageOf(browser, at, looks);
  await startBy(page, wish, 'vm1');
  const id = idOf(page);
  await page.getByRole('button', { name: 'Cancel…' }).waitFor();
  await page.getByText(/^pass \d+$/).waitFor();

  // The viewer sees the same, and has nothing to act by; nor does the API let him.
  await viewer.getByRole('link', { name: 'vm1' }).click();
  await viewer.getByText('opened, under the policy').waitFor();
  expect(await viewer.getByRole('button', { name: /Cancel…|Change limits…/ }).count()).toBe(0);
  const [refused, problem] = await asked(at, looks, `/v1/migrations/${id}/cancel`, {});
  expect([refused, problem]).toEqual([403, expect.objectContaining({ code: 'not-allowed' })]);
  expect(await viewer.getByRole('link', { name: 'Start', exact: true }).count()).toBe(0);
  await viewer.goto(`${at}/#/start`);
  await viewer.getByText('You may only look').waitFor();
  expect(await viewer.getByRole('button', { name: 'Start without a plan…' }).isDisabled()).toBe(true);

  await watchToItsEnd(page);
  const [, over] = await asked<MigrationSummary>(at, ops, `/v1/migrations/${id}`);
  expect(over).toMatchObject({ outcome: 'completed', runsOn: 'destination', requestedBy: /^ops / });
  // A busy machine may bend either, not double it.
  const foretold = plan.chosen?.pauseMs;
  expect(over.pauseMs).toBeGreaterThan((foretold?.low ?? Number.POSITIVE_INFINITY) / 2);
  expect(over.pauseMs).toBeLessThan(2 * (foretold?.high ?? 0));
  expect(await bed.pair.source.runState()).toBe('postmigrate');
  expect(await bed.pair.destination.runState()).toBe('running');
  await bed.verify('destination');
});

test('on libvirt hosts: started on the page, then by virsh: it appears there, is taken over and ends', async () => {
  const bed = laterClosed(await LibvirtBed.make({ workload: LOOP }));
  const [ops, looks] = [
    await tokenFor('ops', 'operate', bed.stateDir),
    await tokenFor('looks', 'view', bed.stateDir),
  ];
  const onNetwork = ['nsenter', `--net=/run/netns/${bed.source.namespace}`];
  const hosts = bed.lab.hosts.flatMap(({ uri }) => ['--connect', uri]);
  const service = laterEnded(bed.run('serve', '--listen', '127.0.0.1:0', ...hosts, ...bed.common()));
  await service.prints(/(?:following its domains[\s\S]*){2}/);
  const [, at = ''] = /listens at (http:\S+)\//.exec(service.stdout) ?? [];
  const browser = await openedBrowser(onNetwork);
  const page = await pageOf(browser, at, ops);
  const destination = bed.destination.tcpUri;
  await startBy(page, { vm: 'vm1', destination, migrateUri: `tcp://${bed.destination.address}` }, 'vm1');
  await watchToItsEnd(page);
  await bed.verify(bed.destination);
  expect(await bed.source.virsh('domstate', bed.guest.uuid).catch(() => 'not there')).toMatch(
    /shut off|not there/,
  );
  // What this service itself had started its watch left alone.
  expect(service.stdout).not.toMatch(/vm1: taken over/);

  await bed.turnAround();
  const viewer = await pageOf(browser, at, looks);
  const starter = bed.virshMigrate();
  const row = viewer.getByRole('row', { name: 'vm1' }).filter({ hasText: /pass \d/ });
  await row.getByRole('link', { name: 'vm1' }).click();
  await viewer.getByText('opened, under the policy').waitFor();
  expect(await viewer.getByRole('button', { name: /Cancel…|Change limits…/ }).count()).toBe(0);
  await watchToItsEnd(viewer);
  expect(await starter).toBe('');
  expect(service.stdout).toMatch(/vm1: taken over/);
  await bed.verify(bed.destination);
});
