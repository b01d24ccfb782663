import { describe, expect, test } from 'vitest';
import { example, literal, macro, paragraph, prose, textLine } from './roff.ts';

describe('what is typed stays what it is', () => {
  test.each([
    ['--max-downtime', '\\-\\-max\\-downtime'],
    ['a\\nb', 'a\\enb'],
    ["jq '.[]'", 'jq \\(aq.[]\\(aq'],
    ['~/.config', '\\(ti/.config'],
    ['`^', '\\(ga\\(ha'],
    ['5 µs', '5 \\[u00B5]s'],
  ])('%s', (text, roff) => expect(literal(text)).toBe(roff));
});

test('in sentences code and options are bold, and nothing else is', () => {
  expect(prose("as --over-budget says; `last` is the guest's")).toBe(
    "as \\fB\\-\\-over\\-budget\\fR says; \\fBlast\\fR is the guest's",
  );
  // A hyphen within a word begins no option.
  expect(prose('post-copy, 3 - 2, -1')).toBe('post\\-copy, 3 \\- 2, \\-1');
});

test('no text is taken for a request', () => {
  expect(textLine('.toml files')).toBe('\\&.toml files');
  expect(textLine("'tis")).toBe("\\&'tis");
  expect(textLine('a.b')).toBe('a.b');
  expect(example(['.so /etc/passwd', ''])).toEqual(expect.arrayContaining(['\\&.so /etc/passwd', '\\&']));
});

test('quotes end no argument of a macro', () =>
  expect(macro('SH', 'the "how"', 'b')).toBe('.SH "the \\(dqhow\\(dq" "b"'));

test('a paragraph is filled, and broken neither within code nor so that a line is a request', () => {
  const before = 'x'.repeat(70);
  expect(paragraph(`${before} \`switchover list --json\` .d`)).toEqual([
    before,
    '\\fBswitchover list \\-\\-json\\fR .d',
  ]);
  expect(paragraph(`${'y'.repeat(78)} .d`)[1]).toBe('\\&.d');
  expect(paragraph('')).toEqual([]);
});
