import { Command, Option } from 'commander';
import { expect, test } from 'vitest';
import { type Manual, manPage, pageName, withSubcommands } from './man-page.ts';

const MANUAL: Manual = {
  version: '1.2.3',
  date: '2026-11-29',
  files: [{ term: '~/.a', text: 'a file' }],
  environment: [],
  seeAlso: ['virsh(1)'],
};

const root = new Command('tool').description('Does it.');
const child = root
  .command('move <what> [where]')
  .summary('move a thing')
  .description('Moves a thing.')
  .option('-f, --for <time>', 'how long (default: 5s)')
  .optionsGroup('How')
  .addOption(new Option('--by <way>', 'the way').choices(['air', 'sea']).env('TOOL_BY').default('sea'))
  .option('--no-fuss', 'quietly')
  .addOption(new Option('--secret', 'for nobody').env('TOOL_SECRET').hideHelp())
  .addHelpText('after', '\nExamples:\n  $ tool move x\n\nExit status:\n  0  moved\n  7  stuck');
root.command('stay').description('Stays; `last` stays longest.');

const page = manPage(child, MANUAL);
const section = (name: string, of = page) => of.split(`.SH "${name}"\n`)[1]?.split('.SH')[0];

test('the page has its head, its name and how it is called', () => {
  expect(page).toContain('.TH "TOOL\\-MOVE" "1" "2026-11-29" "switchover 1.2.3" "User Commands"\n');
  expect(page).toContain('.SH NAME\ntool\\-move \\- move a thing\n');
  expect(page).toContain(
    '.SH SYNOPSIS\n\\fBtool\\fR \\fBmove\\fR [\\fIoptions\\fR] \\fIwhat\\fR [\\fIwhere\\fR]\n',
  );
});

test('options stand in their groups, with choices, default and variable; hidden ones nowhere', () => {
  const options = section('OPTIONS');
  expect(options).toContain('.TP\n\\fB\\-f\\fR, \\fB\\-\\-for\\fR \\fItime\\fR\nHow long (default: 5s).\n');
  expect(options).toContain('.SS "How"\n.TP\n\\fB\\-\\-by\\fR \\fIway\\fR\n');
  expect(options).toContain(
    'The way. One of \\fBair\\fR, \\fBsea\\fR. The default is \\fBsea\\fR. In the environment:\n\\fBTOOL_BY\\fR.\n',
  );
  expect(options).toContain('.TP\n\\fB\\-\\-no\\-fuss\\fR\nQuietly.\n');
  expect(page).not.toContain('ecret');
  expect(section('ENVIRONMENT')).toContain('\\fBTOOL_BY\\fR\nAs \\fB\\-\\-by\\fR');
  expect(page).not.toContain('TOOL_SECRET');
});

test('statuses are those of its help, or else the usual ones', () => {
  expect(section('EXIT STATUS')).toBe('.TP\n\\fB0\\fR\nMoved.\n.TP\n\\fB7\\fR\nStuck.\n');
  const stay = manPage(root.commands[1] ?? root, MANUAL);
  expect(section('EXIT STATUS', stay)).toContain('\\fB2\\fR\nWrong usage or configuration.\n');
});

test('examples, files and the pages beside it are there', () => {
  expect(section('EXAMPLES')).toContain('\\&$ tool move x\n');
  expect(section('FILES')).toBe('.TP\n\\fB\\(ti/.a\\fR\nA file.\n');
  expect(section('SEE ALSO')).toBe('\\fBtool\\fR(1),\n\\fBtool\\-stay\\fR(1),\n\\fBvirsh\\fR(1)\n');
});

test('a command of commands lists them, and every one has a page', () => {
  expect(section('COMMANDS', manPage(root, MANUAL))).toContain('\\fBtool\\-move\\fR(1)\nMove a thing.\n');
  expect(withSubcommands(root).map(pageName)).toEqual(['tool', 'tool-move', 'tool-stay']);
});
