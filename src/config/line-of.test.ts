import { expect, test } from 'vitest';
import { lineOf } from './line-of.ts';

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

test.each([
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
])('%j is on line %s', (path, line) => {
  expect(lineOf(TOML, path)).toBe(line);
  expect(lineOf(TOML.replaceAll('\n', '\r\n'), path)).toBe(line);
});
