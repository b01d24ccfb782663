/** What README and docs name is there: files, headings, commands, options and tests. */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { switchover } from '../lab/switchover-process.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const PAGES = [
  'README.md',
  'SECURITY.md',
  ...fs
    .readdirSync(path.join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

interface Found {
  readonly page: string;
  readonly what: string;
}

describe('every page', () => {
  test('links only to what is there, down to the heading', () => {
    expect(PAGES.length).toBeGreaterThan(10);
    const links = PAGES.flatMap((page) =>
      [...withoutBlocks(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, what = '']) => ({ page, what })),
    ).filter(({ what }) => !/^[a-z]+:/.test(what));
    expect(links.length).toBeGreaterThan(20);
    expect(links.filter(({ page, what }) => !linkHolds(page, what))).toEqual([]);
  });

  test('names only files and folders that are there', () => {
    // What stands for any name is written in capitals.
    const names = inCode(/^(?:src|test|lab|bench|docs|packaging|bin)\/[\w./-]*\w\/?$/).filter(
      ({ what }) => !/\/[A-Z]+\/?$/.test(what),
    );
    expect(names.length).toBeGreaterThan(50);
    expect(names.filter(({ what }) => !fs.existsSync(path.join(ROOT, what)))).toEqual([]);
  });

  test('names only tests that are there', () => {
    const named = PAGES.flatMap(testsNamedIn);
    expect(named.length).toBeGreaterThan(40);
    expect(named.filter(({ file, name }) => !read(file).includes(name))).toEqual([]);
  });
});

describe('every command on a page', () => {
  const known = { dev: [''], lab: [''], bench: [''], switchover: [''] };
  beforeAll(async () => {
    const run = promisify(execFile);
    const [dev, lab, bench, ours] = await Promise.all([
      run('sh', [path.join(ROOT, 'dev'), 'help']),
      run(process.execPath, [path.join(ROOT, 'lab/main.ts'), 'help']),
      run(process.execPath, [path.join(ROOT, 'bench/main.ts'), '--help']),
      switchover('--help'),
    ]);
    known.dev = namesIn(dev.stdout);
    known.lab = namesIn(lab.stdout);
    known.bench = namesIn(bench.stdout);
    known.switchover = [...namesIn(ours.stdout), 'complete'];
  });

  test('of ./dev, its lab and its benchmarks is there', () => {
    expect(known.dev).toContain('lab');
    expect(unknown(/\.\/dev ([a-z-]+)/g, known.dev)).toEqual([]);
    expect(unknown(/\.\/dev lab ([a-z-]+)/g, known.lab)).toEqual([]);
    expect(unknown(/\.\/dev bench ([a-z-]+)/g, known.bench)).toEqual([]);
  });

  test('of switchover is there, with the options that stand behind it', { timeout: 120_000 }, async () => {
    expect(known.switchover).toContain('migrate');
    expect(unknown(/(?<![\w-])switchover ([a-z]+)(?!:)/g, known.switchover)).toEqual([]);
    const wrong: string[] = [];
    const helps = new Map<string, string>();
    for (const line of codeLines()) {
      const [, command = '', rest = ''] = /^(?:bin\/)?switchover ([a-z]+)(.*)$/.exec(line) ?? [];
      if (command === '' || command === 'complete') continue;
      const [, under] = ['config', 'store'].includes(command) ? (/^ ([a-z]+)/.exec(rest) ?? []) : [];
      const words = under === undefined ? [command] : [command, under];
      const key = words.join(' ');
      if (!helps.has(key)) helps.set(key, (await switchover(...words, '--help')).stdout);
      for (const [option] of rest.matchAll(/(?<=\s)--[a-z][a-z-]*/g))
        if (!new RegExp(`${option}(?![a-z-])`).test(helps.get(key) ?? '')) wrong.push(line);
    }
    expect(helps.size).toBeGreaterThan(4);
    expect(wrong).toEqual([]);
  });
});

test('what these tests go by: a page that names what is not there is found', () => {
  expect(namesIn('  up [options]   boots\n      --libvirt\n  down [ID]')).toEqual(['up', 'down']);
  expect(slugOf('What a guest’s word `proves`')).toBe('what-a-guests-word-proves');
  expect(codeIn('a `b\nc` d\n```\ne\nf\n```\n')).toEqual(['b c', 'e', 'f']);
  expect(testsIn('- real, `test/a.test.ts`: "one", "two"; `src/b.test.ts`: "three"')).toEqual([
    { file: 'test/a.test.ts', name: 'one' },
    { file: 'test/a.test.ts', name: 'two' },
    { file: 'src/b.test.ts', name: 'three' },
  ]);
});

function read(file: string): string {
  return fs.readFileSync(path.join(ROOT, file), 'utf8');
}

function linkHolds(page: string, link: string): boolean {
  const [file = '', heading] = link.split('#');
  const target = file === '' ? page : path.posix.join(path.posix.dirname(page), file);
  if (!fs.existsSync(path.join(ROOT, target))) return false;
  if (heading === undefined) return true;
  return [...withoutBlocks(read(target)).matchAll(/^#+ (.*)$/gm)].some(
    ([, words = '']) => slugOf(words) === heading,
  );
}

/** As GitHub makes an anchor of a heading. */
function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

const BLOCK = /^```[^\n]*\n([\s\S]*?)^```$/gm;

function withoutBlocks(text: string): string {
  return text.replaceAll(BLOCK, '');
}

/** Inline code, and each line of a code block. */
function codeIn(text: string): string[] {
  const inline = [...withoutBlocks(text).matchAll(/`([^`]+)`/g)];
  const blocks = [...text.matchAll(BLOCK)];
  return [
    ...inline.map(([, code = '']) => code.replaceAll(/\s+/g, ' ')),
    ...blocks.flatMap(([, block = '']) => block.split('\n').filter((line) => line !== '')),
  ];
}

function codeLines(): string[] {
  return PAGES.flatMap((page) => codeIn(read(page)));
}

function inCode(pattern: RegExp): Found[] {
  return PAGES.flatMap((page) =>
    codeIn(read(page))
      .filter((code) => pattern.test(code))
      .map((what) => ({ page, what })),
  );
}

/** @param pattern its group is the name */
function unknown(pattern: RegExp, known: readonly string[]): Found[] {
  return PAGES.flatMap((page) =>
    codeIn(read(page)).flatMap((code) =>
      [...code.matchAll(pattern)]
        .filter(([, name = '']) => !known.includes(name))
        .map(([what]) => ({ page, what })),
    ),
  );
}

/** The commands of a help text: the first word of each line that is indented by two. */
function namesIn(help: string): string[] {
  return [...help.matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(([, name = '']) => name);
}

function testsNamedIn(page: string): { readonly file: string; readonly name: string }[] {
  return read(page)
    .split('\n')
    .filter((line) => line.startsWith('- '))
    .flatMap(testsIn);
}

/** `test/a.test.ts`: "the name of one", "and of another" */
function testsIn(line: string): { readonly file: string; readonly name: string }[] {
  let file: string | undefined;
  return [...line.matchAll(/`([\w./-]+\.(?:test|contract)\.ts)`|"([^"]+)"/g)].flatMap(([, next, name]) => {
    file = next ?? file;
    return file !== undefined && name !== undefined ? [{ file, name }] : [];
  });
}
