/**
 * Pictures of every screen, at three widths, light and dark, to look at; those that the docs show are made anew in `docs/`.
 * By hand: `./dev page --shots [--into FOLDER] [--only SCREEN]... [--width PX]`. What a service shows is from a real
 * `serve --demo`; what comes seldom (a migration that needs a person, a lost connection) is replayed.
 */
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { refusalOf } from '../../lab/dev-command.ts';
import { openBrowser } from './browser.ts';
import { DemoService } from './demo-service.ts';
import { ReplayServer } from './replay-server.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const HELP = `./dev page --shots [--into FOLDER] [--only SCREEN]... [--width 360|1280|2560]...

Builds the page and makes pictures of its screens, light and dark; those of docs/ are made anew.
  ./dev page --shots --only running --width 1280
`;
const options = wished();
if (options.help) {
  process.stdout.write(HELP);
  process.exit();
}

function wished() {
  try {
    return parseArgs({
      options: {
        help: { type: 'boolean', default: false },
        into: { type: 'string', default: path.join(ROOT, '.cache', 'shots') },
        only: { type: 'string', multiple: true, default: [] },
        width: { type: 'string', multiple: true, default: [] },
      },
    }).values;
  } catch (error) {
    return refuse(refusalOf(error));
  }
}

function refuse(sentence: string): never {
  process.stderr.write(`page --shots: ${sentence}\n`);
  process.exit(2);
}

const SIZES = [
  { width: 360, height: 740 },
  { width: 1280, height: 800 },
  { width: 2560, height: 1440 },
].filter(({ width }) => options.width.length === 0 || options.width.includes(String(width)));

interface Picture {
  readonly file: string;
  /** Of the top of the page. */
  readonly heightPx?: number;
  /** A part of the page, instead. */
  readonly part?: string;
}

/** What the docs show of them. */
const OF_DOCS: Readonly<Record<string, readonly Picture[]>> = {
  'running-1280-light': [{ file: 'page.png', heightPx: 800 }],
  'one-1280-dark': [{ file: 'page-migration.png', heightPx: 830 }],
  'one-1280-light': [{ file: 'page-what-if.png', part: '.what-if' }],
  'plan-1280-light': [{ file: 'page-plan.png', part: '.plan' }],
  'hosts-1280-light': [{ file: 'page-hosts.png', part: '.hosts' }],
  'drain-1280-light': [{ file: 'page-drain.png', heightPx: 1080 }],
};

interface Screen {
  readonly show: (page: Page) => Promise<unknown>;
  /** It is as long as the window, and no longer. */
  readonly isDialog?: boolean;
}
type Screens = Readonly<Record<string, Screen>>;

function ofDemo(demo: DemoService): Screens {
  const at = (place: string, there: string): Screen => ({
    show: async (page) => {
      await page.goto(demo.url + place);
      await page.locator(there).first().waitFor();
    },
  });
  return {
    running: {
      isDialog: true,
      show: async (page) => {
        // In the midst of its first pass, which takes it 25 s: long enough for a picture at each width.
        await demo.waitFor(
          'state=running',
          ({ vm, elapsedMs, forecastEndMs }, all) =>
            vm === 'db-primary' && elapsedMs < 18_000 && forecastEndMs?.likelyMs != null && all.length > 1,
          180_000,
        );
        await page.goto(demo.url);
        await page.locator('tbody.copying').waitFor();
      },
    },
    hosts: at('#/hosts', '.hosts .against'),
    one: {
      show: async (page) => {
        const { id } = await demo.waitFor(
          'state=all',
          ({ vm, outcome, pauseMs }) => vm === 'cache-2' && outcome === 'completed' && pauseMs !== null,
        );
        await page.goto(`${demo.url}#/migrations/${encodeURIComponent(id)}`);
        await page.locator('.story tbody tr').first().waitFor();
        await page.getByRole('button', { name: 'Replay it' }).click();
        await page.locator('.compared tbody tr').nth(3).waitFor();
      },
    },
    plan: {
      show: async (page) => {
        await page.goto(`${demo.url}#/start?vm=batch-7&connect=simulated`);
        await page.getByLabel('Destination', { exact: true }).fill('host-b');
        await page.getByRole('button', { name: 'Plan it' }).click();
        await page.locator('.plan').waitFor({ timeout: 60_000 });
      },
    },
    planned: {
      show: async (page) => {
        await page.goto(`${demo.url}#/start?vm=db-primary&connect=simulated`);
        await page.getByLabel('Destination', { exact: true }).fill('host-b');
        await page.getByRole('button', { name: 'Plan it' }).click();
        await page.locator('.plan').waitFor({ timeout: 60_000 });
        await page.locator('.plan summary').click();
      },
    },
    drain: {
      show: async (page) => {
        await demo.nextDrain();
        const { id } = await demo.waitForDrain(({ counts }) => counts.moving > 0 && counts.moved > 0);
        await page.goto(`${demo.url}#/drains/${id}`);
        await page.locator('.drainvms .moving .against').first().waitFor();
      },
    },
    'drain-plan': {
      show: async (page) => {
        await page.goto(`${demo.url}#/start-drain?host=${encodeURIComponent('simulated://host-a/system')}`);
        for (const host of ['host-b', 'host-c']) await page.getByLabel(host, { exact: true }).check();
        await page.getByLabel('Deadline', { exact: true }).fill('10m');
        await page.getByRole('button', { name: 'Plan it' }).click();
        await page.locator('.drainplan').waitFor({ timeout: 60_000 });
      },
    },
    'drain-windows': {
      show: async (page) => {
        await page.goto(`${demo.url}#/start-drain?host=${encodeURIComponent('simulated://host-a/system')}`);
        for (const host of ['host-b', 'host-c']) await page.getByLabel(host, { exact: true }).check();
        await page.getByLabel('Deadline', { exact: true }).fill('9h');
        // So short that not all begin in the first.
        const minuteIn = (hours: number) => {
          const hour = new Date(Date.now() + hours * 3600e3).getHours();
          return `${hour}:00-${hour}:01`;
        };
        await page.getByLabel('Windows, in which moves begin').fill([1, 3].map(minuteIn).join('\n'));
        await page.getByRole('button', { name: 'Plan it' }).click();
        await page.locator('.drainplan').waitFor({ timeout: 60_000 });
      },
    },
    'drain-wrong': {
      show: async (page) => {
        await page.goto(`${demo.url}#/start-drain?host=${encodeURIComponent('simulated://host-a/system')}`);
        await page.getByLabel('Windows, in which moves begin').fill('someday 22:00-04:00');
        await page.getByLabel('Of that, for all VMs together').fill('half');
        await page.getByLabel('When each VM begins').selectOption('calm');
        await page.getByLabel('Priority among drains').fill('high');
      },
    },
    blocked: {
      show: async (page) => {
        const { id } = await demo.waitForDrain(({ state }) => state === 'blocked');
        await page.goto(`${demo.url}#/drains/${id}`);
        await page.locator('.drainvms .person').waitFor();
        await page.locator('.destinations .roombar').first().waitFor();
      },
    },
    allow: {
      isDialog: true,
      show: async (page) => {
        const { id } = await demo.waitForDrain(({ state }) => state === 'blocked');
        await page.goto(`${demo.url}#/drains/${id}`);
        await page.getByRole('button', { name: 'Allow a longer pause… ledger' }).click();
        await page.getByRole('dialog').waitFor();
      },
    },
    decide: {
      isDialog: true,
      show: async (page) => {
        const { id } = await demo.waitForDrain(({ state }) => state === 'blocked');
        await page.goto(`${demo.url}#/drains/${id}`);
        await page
          .getByRole('button', { name: /^Decide…/ })
          .first()
          .click();
        await page.getByLabel('Decision').selectOption('shutdown-and-return');
      },
    },
    drains: at('#/drains', '.drains tbody tr'),
    history: at('#/history', '.history tbody tr'),
    audit: at('#/audit', '.audit tbody tr'),
  };
}

function ofReplay(server: ReplayServer): Screens {
  const one = (vm: string) => async (page: Page) => {
    await page.goto(`${server.url}#/migrations/${server.of(vm).id}`);
    await page.locator('.story tbody tr').first().waitFor();
  };
  const all = async (page: Page) => {
    await page.goto(server.url);
    await page.getByRole('table').waitFor();
  };
  return {
    many: { show: all },
    braked: { show: one('cache-eu-1') },
    person: { show: one('ledger') },
    cancel: {
      isDialog: true,
      show: async (page) => {
        await all(page);
        await page.getByRole('button', { name: 'Cancel the migration of db-primary' }).click();
      },
    },
    limits: {
      isDialog: true,
      show: async (page) => {
        await one('db-primary')(page);
        await page.getByRole('button', { name: 'Change limits' }).click();
        const dialog = page.getByRole('dialog');
        await dialog.getByLabel('Longest pause allowed').fill('9s');
        await dialog.getByLabel('Bandwidth of its passes').fill('500mbit');
      },
    },
    'limits-wrong': {
      isDialog: true,
      show: async (page) => {
        await one('db-primary')(page);
        await page.getByRole('button', { name: 'Change limits' }).click();
        const dialog = page.getByRole('dialog');
        await dialog.getByLabel('Longest pause allowed').fill('9');
        await dialog.getByLabel('Bandwidth of its passes').fill('quick');
      },
    },
    lost: {
      isDialog: true,
      show: async (page) => {
        server.mend();
        await all(page);
        server.cut();
        await page.getByText('Connection lost since').waitFor();
      },
    },
  };
}

async function shoot(browser: Browser, screens: Screens): Promise<void> {
  for (const [name, { show, isDialog = false }] of Object.entries(screens)) {
    if (options.only.length > 0 && !options.only.includes(name)) continue;
    for (const viewport of SIZES)
      for (const colorScheme of ['light', 'dark'] as const) {
        const page = await browser.newPage({ viewport, colorScheme });
        await show(page);
        await page.waitForTimeout(600);
        const called = `${name}-${viewport.width}-${colorScheme}`;
        const file = path.join(options.into, `${called}.png`);
        await page.screenshot({ path: file, fullPage: !isDialog });
        for (const picture of OF_DOCS[called] ?? []) await takeForDocs(page, picture);
        await page.close();
      }
  }
}

async function takeForDocs(page: Page, { file, heightPx, part }: Picture): Promise<void> {
  const target = path.join(ROOT, 'docs', file);
  const { width = 0 } = page.viewportSize() ?? {};
  if (part !== undefined) await page.locator(part).screenshot({ path: target });
  else if (heightPx !== undefined)
    await page.screenshot({ path: target, fullPage: true, clip: { x: 0, y: 0, width, height: heightPx } });
}

if (SIZES.length === 0) refuse(`--width ${options.width.join(' ')}: there is 360, 1280 and 2560`);
fs.mkdirSync(options.into, { recursive: true });
const browser = await openBrowser();
const demo = await DemoService.start();
const server = await ReplayServer.start();
try {
  const wanted = (screens: Screens) =>
    options.only.length === 0 || options.only.some((name) => name in screens);
  if (wanted(ofDemo(demo))) {
    // Some have ended by then, and some run.
    await demo.waitFor('state=ended', ({ vm }) => vm === 'cache-2');
    await demo.act();
    await shoot(browser, ofDemo(demo));
  }
  if (wanted(ofReplay(server))) await shoot(browser, ofReplay(server));
  process.stdout.write(`${options.into}\n`);
} finally {
  await browser.close();
  demo.close();
  server.close();
}
