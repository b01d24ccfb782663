/** The system's Chromium. */
import fs from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PROGRAMS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/snap/bin/chromium',
  '/usr/bin/google-chrome',
];

export async function openBrowser(): Promise<Browser> {
  const executablePath = PROGRAMS.find((each) => fs.existsSync(each));
  if (executablePath === undefined) throw new Error('there is no Chromium here: ./dev setup installs it');
  // Root has no sandbox of Chromium's, and a container may have a small /dev/shm.
  return await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}
