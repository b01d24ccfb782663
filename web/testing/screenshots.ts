/**
 * Pictures of every screen, at three widths, light and dark: `node web/testing/screenshots.ts FOLDER [SCREEN...]`, after
 * `./dev page`.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { openBrowser } from './browser.ts';
import { ReplayServer } from './replay-server.ts';

const [, , folder, ...only] = process.argv;
if (folder === undefined) throw new Error('say into which folder: node web/testing/screenshots.ts FOLDER');
fs.mkdirSync(folder, { recursive: true });

const SIZES = [
  { width: 360, height: 740 },
  { width: 1280, height: 800 },
  { width: 2560, height: 1440 },
];

type Show = (page: Page, server: ReplayServer) => Promise<unknown>;

const one =
  (vm: string): Show =>
  async (page, server) => {
    await page.goto(`${server.url}#/migrations/${server.of(vm).id}`);
    await page.locator('.story tbody tr').first().waitFor();
  };

/** Those with a dialog are last: they are no longer than the window. */
const SCREENS: Readonly<Record<string, Show>> = {
  braked: one('cache-eu-1'),
  running: async (page, server) => {
    await page.goto(server.url);
    await page.getByRole('table').waitFor();
  },
  one: one('db-primary'),
  done: one('db-replica'),
  history: async (page, server) => {
    await page.goto(`${server.url}#/history`);
    await page.getByRole('table').waitFor();
  },
  start: async (page, server) => await page.goto(`${server.url}#/start`),
  cancel: async (page, server) => {
    await page.goto(server.url);
    await page.getByRole('button', { name: 'Cancel the migration of db-primary' }).click();
  },
  limits: async (page, server) => {
    await one('db-primary')(page, server);
    await page.getByRole('button', { name: 'Change limits' }).click();
    await page.getByLabel('Longest pause allowed').fill('9s');
  },
  lost: async (page, server) => {
    await page.goto(server.url);
    await page.getByRole('table').waitFor();
    server.cut();
    await page.getByText('Connection lost since').waitFor();
  },
};

const browser = await openBrowser();
for (const viewport of SIZES)
  for (const colorScheme of ['light', 'dark'] as const) {
    // Each begins at the same point of what is replayed.
    const server = await ReplayServer.start();
    for (const [name, show] of Object.entries(SCREENS)) {
      if (only.length > 0 && !only.includes(name)) continue;
      const page = await browser.newPage({ viewport, colorScheme });
      await show(page, server);
      await page.waitForTimeout(400);
      const fullPage = !['cancel', 'limits', 'lost'].includes(name);
      const file = path.join(folder, `${name}-${viewport.width}-${colorScheme}.png`);
      await page.screenshot({ path: file, fullPage });
      await page.close();
    }
    server.close();
  }
await browser.close();
