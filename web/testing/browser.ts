/** The system's Chromium. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const PROGRAMS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/snap/bin/chromium',
  '/usr/bin/google-chrome',
];

/** @param prefix a command that runs the rest, as to have it on the network of a host */
export async function openBrowser(prefix: readonly string[] = []): Promise<Browser> {
  const program = PROGRAMS.find((each) => fs.existsSync(each));
  if (program === undefined) throw new Error('there is no Chromium here: ./dev setup installs it');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-browser-'));
  try {
    const executablePath = prefix.length === 0 ? program : scriptOf(folder, [...prefix, program]);
    // Root has no sandbox of Chromium's, and a container may have a small /dev/shm.
    return await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

function scriptOf(folder: string, words: readonly string[]): string {
  const script = path.join(folder, 'chromium');
  const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  fs.writeFileSync(script, `#!/bin/sh\nexec ${quoted.join(' ')} "$@"\n`, { mode: 0o700 });
  return script;
}
