import { describe, expect, test } from 'vitest';
import { ConfigError } from './config-error.ts';
import { readMetadata } from './metadata.ts';
import { noticeOf } from './notice.ts';
import { parseConfig } from './parse-config.ts';

const CONFIG = `
[[domain]]
name = "db-*"
notice = "60s"
[[domain]]
class = "quiet"
notice = "0"
`;
const of = (name: string, metadata?: Record<string, string>, more = '') =>
  noticeOf(parseConfig(more + CONFIG, 'f.toml'), { name, ...(metadata && { metadata }) });

describe('how long before its move a guest is told', () => {
  test('nobody is, unless an entry or its metadata says so', () => {
    expect(of('web')).toEqual({ noticeMs: 0, from: 'built in', problems: [] });
    expect(
      noticeOf(parseConfig('[[domain]]\nname = "*"\nnotice = "60s"', 'f.toml'), undefined).noticeMs,
    ).toBe(0);
  });

  test('the last entry that fits holds, and before that its metadata', () => {
    expect(of('db-1')).toEqual({ noticeMs: 60_000, from: '[[domain]] 1 (name db-*)', problems: [] });
    expect(of('db-1', { class: 'quiet' }).noticeMs).toBe(0);
    expect(of('db-1', { notice: '5s' })).toMatchObject({ noticeMs: 5000, from: "the domain's metadata" });
    expect(of('db-1', { notice: '0' }).noticeMs).toBe(0);
  });

  test.each([
    ['soon', /^domain db-1: notice in its metadata: /],
    ['500ms', /: 500 ms is not from 1 s to 10 min; 0 is no notice$/],
    ['1h', /: 1 h 0 min is not from 1 s to 10 min; 0 is no notice$/],
  ])('%s in its metadata does not hold, and is told', (notice, problem) =>
    expect(of('db-1', { notice })).toMatchObject({
      noticeMs: 60_000,
      problems: [expect.stringMatching(problem)],
    }),
  );

  test('metadata says no more than [watch] lets it', () => {
    expect(of('web', { notice: '5s' }, '[watch]\nmetadata = "ignored"\n')).toMatchObject({
      noticeMs: 0,
      problems: [],
    });
    expect(of('web', { notice: '5s' }, '[watch]\nmetadata = "class-only"\n')).toMatchObject({
      noticeMs: 0,
      // heeded.ts tells it, with all else that is left out.
      problems: [],
    });
  });

  test.each([
    ['notice = 60', 'f.toml:3: notice: write it as text, like "60s"'],
    ['notice = "1h"', 'f.toml:3: notice: 1 h 0 min is not from 1 s to 10 min; 0 is no notice'],
    ['notise = "60s"', 'f.toml:3: notise: it is not known here: did you mean notice?'],
  ])('%s in the file is told with its line', (line, problem) => {
    const parse = () => parseConfig(`[[domain]]\nname = "a"\n${line}\n`, 'f.toml');
    expect(parse).toThrow(ConfigError);
    expect(parse).toThrow(problem);
  });

  test('for whoever reads the settings of migrations, a watch too, it is no fault of the metadata', () => {
    expect(readMetadata({ name: 'a', metadata: { notice: '5s', priority: '3' } })).toEqual({
      class: undefined,
      stated: { priority: 3 },
      problems: [],
    });
  });
});
