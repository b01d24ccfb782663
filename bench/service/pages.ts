/**
 * Open pages, as a service sees them: each follows the list of all migrations, and each migration is looked at by one of them.
 * One is a real Chromium; the others are connections that read, for fifty browsers would be what is measured.
 */
import { openBrowser } from '../../web/testing/browser.ts';
import { readEvents } from './event-reader.ts';
import type { Told } from './lateness.ts';
import type { Served } from './served.ts';

export interface PagesSaw {
  /** By reader, then by migration: which revision it was told when. */
  readonly lists: readonly ReadonlyMap<string, readonly Told[]>[];
  /** By migration: its journal's entries, as a page that looks at it was told them. */
  readonly details: ReadonlyMap<string, readonly Told[]>;
  /** By migration: which pass the Chromium showed when. */
  readonly shown: ReadonlyMap<string, readonly { readonly pass: number; readonly atMs: number }[]>;
}

/** @returns what ends them, and tells what they saw */
export async function openPages(served: Served, count: number): Promise<() => Promise<PagesSaw>> {
  const chromium = await openChromium(served.at);
  const details = new Map<string, Told[]>();
  const ends: (() => void)[] = [];
  const lookAt = (id: string) => {
    const told: Told[] = [];
    details.set(id, told);
    ends.push(
      readEvents(`${served.at}/v1/migrations/${id}/events`, ({ event, data, atMs }) => {
        if (event === 'entry') told.push({ revision: numberIn(data, 'seq') + 1, atMs });
      }),
    );
  };
  const lists = Array.from({ length: count - 1 }, (_, reader) => {
    const seen = new Map<string, Told[]>();
    const end = readEvents(`${served.at}/v1/events`, ({ event, data, atMs }) => {
      if (event !== 'migration') return;
      const [, id = ''] = /"id":"([^"]*)"/.exec(data) ?? [];
      const told = seen.get(id) ?? [];
      seen.set(id, told);
      told.push({ revision: numberIn(data, 'revision'), atMs });
      if (reader === 0 && !details.has(id)) lookAt(id);
    });
    ends.push(end);
    return seen;
  });
  return async () => {
    for (const end of ends) end();
    return { lists, details, shown: await chromium() };
  };
}

function numberIn(json: string, name: string): number {
  return Number(new RegExp(`"${name}":(\\d+)`).exec(json)?.[1]);
}

/** Notes in the page itself when the pass of a row changes, by the same clock as everybody. */
const WATCH_ROWS = `
  window.shown = [];
  const last = new Map();
  new MutationObserver(() => {
    const atMs = Date.now();
    for (const row of document.querySelectorAll('table.running tbody tr')) {
      const id = row.querySelector('a.vm')?.hash.split('/')[2];
      const pass = /pass (\\d+)/.exec(row.querySelector('.pass')?.textContent ?? '')?.[1];
      if (!id || !pass || last.get(id) === pass) continue;
      last.set(id, pass);
      window.shown.push({ id: decodeURIComponent(id), pass: Number(pass), atMs });
    }
  }).observe(document, { subtree: true, childList: true, characterData: true });`;

async function openChromium(at: string): Promise<() => Promise<PagesSaw['shown']>> {
  const browser = await openBrowser();
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.addInitScript(WATCH_ROWS);
  await page.goto(`${at}/`);
  await page.locator('a.vm').first().waitFor();
  return async () => {
    const rows = (await page.evaluate('window.shown')) as { id: string; pass: number; atMs: number }[];
    await browser.close();
    return Map.groupBy(rows, ({ id }) => id);
  };
}
