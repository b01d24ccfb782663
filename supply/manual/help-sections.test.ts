import { expect, test } from 'vitest';
import { helpSections, type Section } from './help-sections.ts';

const section = (part: Partial<Section>): Section => ({
  heading: undefined,
  terms: [],
  lines: [],
  paragraphs: [],
  ...part,
});

test('examples are lines as they stand, empty ones within them too', () => {
  expect(helpSections('Examples:\n  $ a --b\n\n  $ c\n')).toEqual([
    section({ heading: 'Examples', lines: ['$ a --b', '$ c'] }),
  ]);
});

test('statuses are terms, over several lines or on the line of their heading', () => {
  const zero = { term: '0', text: 'it runs there' };
  expect(
    helpSections('Exit status:\n  0    it runs there\n  130  left; it goes on\n       by itself'),
  ).toEqual([
    section({ heading: 'Exit status', terms: [zero, { term: '130', text: 'left; it goes on by itself' }] }),
  ]);
  expect(helpSections('Exit status: 0 it runs there; 2 wrong usage.')).toEqual([
    section({ heading: 'Exit status', terms: [zero, { term: '2', text: 'wrong usage' }] }),
  ]);
});

test('sentences right below a section are of it, and those after an empty line are not', () => {
  expect(
    helpSections(
      'Policies:\n  mp   the first\n  fore the other\nMore of\nthem.\n\nCtrl-C cancels: the\nguest stays.',
    ),
  ).toEqual([
    section({
      heading: 'Policies',
      terms: [
        { term: 'mp', text: 'the first' },
        { term: 'fore', text: 'the other' },
      ],
      paragraphs: ['More of them.'],
    }),
    section({ paragraphs: ['Ctrl-C cancels: the guest stays.'] }),
  ]);
});

test('a file that is shown is neither terms nor sentences', () => {
  expect(helpSections('A scenario:\n  a = 1\n  bc = 2')).toEqual([
    section({ heading: 'A scenario', lines: ['a = 1', 'bc = 2'] }),
  ]);
  expect(helpSections('A scenario:\n  [guest]\n  memory = "1GiB"')).toEqual([
    section({ heading: 'A scenario', lines: ['[guest]', 'memory = "1GiB"'] }),
  ]);
});

test('nothing makes nothing', () => expect(helpSections('')).toEqual([]));
