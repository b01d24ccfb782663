import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shown, shownLines } from './shown.ts';

test.each([
  ['an OSC 52 that fills the clipboard', '\x1b]52;c;cm0gLXJm\x07', '\\x1b]52;c;cm0gLXJm\\x07'],
  ['an erased screen', '\x1b[2J\x1b[Hvm1', '\\x1b[2J\\x1b[Hvm1'],
  ['the same begun by one C1 character', '\u009b2Jvm1', '\\x9b2Jvm1'],
  ['a bidi override', 'vm\u202e1tset', 'vm\\u{202e}1tset'],
  ['bidi isolates', '\u2066a\u2069', '\\u{2066}a\\u{2069}'],
  ['zero-width characters', 'v\u200bm\u2060\ufeff', 'v\\u{200b}m\\u{2060}\\u{feff}'],
  ['line ends of every kind', 'a\nb\r\nc\u2028d\u0085', 'a\\x0ab\\x0d\\x0ac\\u{2028}d\\x85'],
  ['a tab, DEL and NUL', 'a\tb\x7f\0', 'a\\x09b\\x7f\\x00'],
  ['half of a surrogate pair', 'a\ud800', 'a\\u{d800}'],
  ['a tag', '\u{e0041}', '\\u{e0041}'],
  ['a filler that looks like a space', 'a\u3164b', 'a\\u{3164}b'],
])('%s', (_, text, expected) => {
  expect(shown(text)).toBe(expected);
});

test('what people write stays as it is', () => {
  const text = 'Prüfung 試験 проба “…” — 😀 a/b\\c #1';
  expect(shown(text)).toBe(text);
});

test('lines of our own keep their ends, and nothing else', () => {
  expect(shownLines('a\n  b\x1b[2J\r\n')).toBe('a\n  b\\x1b[2J\\x0d\n');
});

test('what is shown holds no control character, and showing it again changes nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.nat(0x10ffff).map((code) => String.fromCodePoint(code)) }), (text) => {
      const once = shown(text);
      expect(once).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      expect(shown(once)).toBe(once);
    }),
    { numRuns: 30 },
  );
});
