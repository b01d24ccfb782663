import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseGlob } from './glob.ts';

describe('a pattern matches the whole name', () => {
  test.each([
    ['db-*', ['db-1', 'db-', 'db-a*b'], ['db', 'xdb-1', 'DB-1']],
    ['db-?', ['db-1', 'db-😀'], ['db-', 'db-12']],
    ['db-[0-9]', ['db-7'], ['db-a', 'db-', 'db-77']],
    ['db-[!0-9]', ['db-a'], ['db-7']],
    ['[^a]b', ['bb'], ['ab']],
    ['[]x]', [']', 'x'], ['[']],
    ['[[]a', ['[a'], ['a']],
    ['[a-]', ['a', '-'], ['b']],
    ['a.b+c(d)|{e}$', ['a.b+c(d)|{e}$'], ['aXb+c(d)|{e}$']],
    ['a\\d', ['a\\d'], ['a1']],
    ['[\\d]', ['\\', 'd'], ['1']],
    ['', [''], ['a']],
  ])('%s', (pattern, fits, others) => {
    const glob = parseGlob(pattern);
    expect(fits.filter((name) => !glob.test(name))).toEqual([]);
    expect(others.filter((name) => glob.test(name))).toEqual([]);
  });

  test('a name without special characters is its own pattern, and * is every name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (name, other) => {
        const plain = name.replaceAll(/[*?[]/g, '');
        expect(parseGlob(plain).test(plain)).toBe(true);
        expect(parseGlob(plain).test(`${plain}${other}`)).toBe(other === '');
        expect(parseGlob('*').test(name)).toBe(true);
      }),
    );
  });

  test.each([
    ['*'.repeat(200), ''],
    // Found by the fuzzer: five stars and a name of 2000 characters took longer than anybody waits.
    ['*a'.repeat(12), ''],
    ['*[a-c]'.repeat(12), '*'],
  ])('many stars take no time: %sx%s', (stars, end) => {
    const glob = parseGlob(`${stars}x${end}`);
    expect(glob.test('a'.repeat(2000))).toBe(false);
    expect(glob.test(`${'a'.repeat(2000)}x`)).toBe(true);
  });

  test('what stands between stars is found wherever it is, and what comes last at the end', () => {
    const glob = parseGlob('a*bc*d?*e');
    expect(['abcdxe', 'abbcdde', 'a-bc-bc-d-e', 'abcdexe'].filter((name) => !glob.test(name))).toEqual([]);
    expect(['abcde', 'abcdx', 'bcdxe', 'adxbce'].filter((name) => glob.test(name))).toEqual([]);
  });
});

test.each([
  ['db-[', /never closed/],
  ['[]', /never closed/],
  ['[z-a]', /backwards/],
])('%s is refused', (pattern, sentence) => {
  expect(() => parseGlob(pattern)).toThrow(sentence);
});
