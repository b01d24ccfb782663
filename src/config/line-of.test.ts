import { expect, test } from 'vitest';
import { linesOf } from './line-of.ts';

const TOML = `# a comment
defaults.downtime = "1s"

[watch] # connect = "not here"
note = """
connect = "nor here"
"""
connect = [
  "a",
  "b",
]

[[domain]]
name = "x"
[[domain]]
"name" = 'y'
policy-option = { a = 1, b = 2 }
`;

const LINES: readonly (readonly [readonly PropertyKey[], number | undefined])[] = [
  [['defaults', 'downtime'], 2],
  [['watch'], 4],
  [['watch', 'note'], 5],
  [['watch', 'connect'], 8],
  [['watch', 'connect', 1], 8],
  [['domain', 0], 13],
  [['domain', 1], 15],
  [['domain', 1, 'name'], 16],
  [['domain', 1, 'policy-option', 'b'], 17],
  [['domain', 1, 'absent'], 15],
  [['absent'], undefined],
];

test.each(LINES)('%j is on line %s', (path, line) => {
  expect(linesOf(TOML, [path])).toEqual([line]);
  expect(linesOf(TOML.replaceAll('\n', '\r\n'), [path])).toEqual([line]);
});

test('all at once, in any order', () => {
  const [paths, lines] = [LINES.map(([path]) => path), LINES.map(([, line]) => line)];
  expect(linesOf(TOML, paths)).toEqual(lines);
  expect(linesOf(TOML, paths.toReversed())).toEqual(lines.toReversed());
});

// The fuzzer bounds what a byte may cost: the file was parsed once a line for each problem, which took minutes.
test('a long file with a problem on every line is read in a moment', () => {
  const keys = Array.from({ length: 1500 }, (_, index) => `key${index}`);
  const began = performance.now();
  expect(
    linesOf(
      keys.map((key) => `${key} = 1`).join('\n'),
      keys.map((key) => [key]),
    ),
  ).toEqual(keys.map((_, index) => index + 1));
  expect(performance.now() - began).toBeLessThan(20_000);
});
