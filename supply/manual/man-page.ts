/** A command of commander's as a man page of section 1. Pure. */
import type { EventEmitter } from 'node:events';
import type { Argument, Command, Option } from 'commander';
import { helpSections, type Section, type Term } from './help-sections.ts';
import { bold, example, italic, literal, macro, paragraph, prose, textLine } from './roff.ts';

/** What no command's definition says. */
export interface Manual {
  readonly version: string;
  /** As the page's foot shows it: `2026-11-29`. */
  readonly date: string;
  readonly files: readonly Term[];
  /** Variables besides those that options name themselves. */
  readonly environment: readonly Term[];
  /** Pages of others: `virsh(1)`. */
  readonly seeAlso: readonly string[];
}

const EXIT_STATUS = 'EXIT STATUS';
const EXAMPLES = 'EXAMPLES';
/** Of commands whose help names none. */
const USUAL_STATUSES: readonly Term[] = [
  { term: '0', text: 'done' },
  { term: '1', text: 'unexpected error' },
  { term: '2', text: 'wrong usage or configuration' },
  { term: '3', text: 'refused before anything was touched, or there is no such thing' },
];

/** `switchover-config-show` */
export function pageName(command: Command): string {
  return command.parent ? `${pageName(command.parent)}-${command.name()}` : command.name();
}

/** Every command, itself first. Commander's own `help` is none. */
export function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

/** @returns the page's source */
export function manPage(command: Command, manual: Manual): string {
  const title = literal(pageName(command).toUpperCase());
  const sections = helpSections(helpTextOf(command));
  const sectionsOf = (heading: string) => sections.filter((each) => each.heading?.toUpperCase() === heading);
  const others = sections.filter(
    ({ heading }) => ![EXIT_STATUS, EXAMPLES].includes(heading?.toUpperCase() ?? ''),
  );
  const statuses = sectionsOf(EXIT_STATUS).flatMap(({ terms }) => terms);
  const lines = [
    '.\\" Made from the definition of the command: change that.',
    macro('TH', title, '1', manual.date, literal(`switchover ${manual.version}`), 'User Commands'),
    // No hyphens in words, which would part options, and no stretched lines.
    '.nh',
    '.ad l',
    '.SH NAME',
    // The form that makewhatis reads: "name \- what it does".
    `${literal(pageName(command))} \\- ${prose(withoutStop(command.summary() || command.description()))}`,
    '.SH SYNOPSIS',
    ...synopsis(command),
    '.SH DESCRIPTION',
    ...paragraph(sentence(command.description())),
    ...others.filter(({ heading }) => heading === undefined).flatMap((each) => ['.PP', ...body(each)]),
    ...argumentsOf(command),
    ...optionsOf(command),
    ...commandsOf(command),
    ...others.filter(({ heading }) => heading !== undefined).flatMap(headed),
    ...under(EXIT_STATUS, termList(statuses.length > 0 ? statuses : USUAL_STATUSES)),
    ...under('ENVIRONMENT', termList([...variablesOf(command), ...manual.environment])),
    ...under('FILES', termList(manual.files)),
    ...sectionsOf(EXAMPLES).flatMap(headed),
    ...under('SEE ALSO', [seeAlso(command, manual)]),
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * What addHelpText() adds below the options. Commander has no word for it but the event by which its own help asks for it; its
 * types hide that a Command is an emitter.
 */
function helpTextOf(command: Command): string {
  let text = '';
  const write = (more: string) => {
    text += more;
  };
  (command as unknown as EventEmitter).emit('afterHelp', { error: false, command, write });
  return text.trim();
}

function synopsis(command: Command): string[] {
  const words = pageName(command).split('-').map(bold);
  const more = command.commands.length > 0 ? [italic('command'), '[...]'] : [];
  const options = optionsShown(command).length > 0 ? [`[${italic('options')}]`] : [];
  return [[...words, ...options, ...command.registeredArguments.map(argumentWords), ...more].join(' ')];
}

function argumentWords(argument: Argument): string {
  const name = `${italic(argument.name())}${argument.variadic ? ' ...' : ''}`;
  return argument.required ? name : `[${name}]`;
}

function argumentsOf(command: Command): string[] {
  const told = command.registeredArguments.filter(({ description }) => description !== '');
  return under(
    'ARGUMENTS',
    told.flatMap((argument) => [
      '.TP',
      argumentWords(argument),
      ...paragraph(sentence(argument.description)),
    ]),
  );
}

/** In groups, as --help has them; a group that comes twice is one. */
function optionsOf(command: Command): string[] {
  const groups = new Map<string, Option[]>();
  for (const option of optionsShown(command)) {
    const heading = option.helpGroupHeading ?? '';
    groups.set(heading, [...(groups.get(heading) ?? []), option]);
  }
  const lines = [...groups].flatMap(([heading, options]) => [
    ...(heading === '' ? [] : [macro('SS', prose(heading.replace(/:$/, '')))]),
    ...options.flatMap(optionWords),
  ]);
  return under('OPTIONS', lines);
}

function optionsShown(command: Command): Option[] {
  return [...command.createHelp().visibleOptions(command)];
}

function optionWords(option: Option): string[] {
  const flags = option.flags
    .split(/(<[^>]+>|\[[^\]]+\])/)
    .map((part, index) => (index % 2 === 1 ? italic(part.replaceAll(/[<>]/g, '')) : flagWords(part)))
    .join('');
  const { argChoices: choices, envVar, defaultValue, negate } = option;
  const more = [
    ...(choices === undefined ? [] : [`One of ${choices.map((each) => `\`${each}\``).join(', ')}.`]),
    // Of --no-x commander fills in a default that nobody set.
    ...(defaultValue === undefined || negate ? [] : [`The default is \`${String(defaultValue)}\`.`]),
    ...(envVar === undefined ? [] : [`In the environment: \`${envVar}\`.`]),
  ];
  return ['.TP', flags, ...paragraph([sentence(option.description), ...more].join(' '))];
}

function flagWords(text: string): string {
  return text.replaceAll(/[^\s,]+|[\s,]+/g, (part) => (/^[\s,]/.test(part) ? part : bold(part)));
}

function commandsOf(command: Command): string[] {
  const lines = command.commands.flatMap((each) => [
    '.TP',
    textLine(`${bold(pageName(each))}(1)`),
    ...paragraph(sentence(each.summary() || each.description())),
  ]);
  return under('COMMANDS', lines);
}

function variablesOf(command: Command): Term[] {
  return command.options.flatMap(({ envVar, long, short, hidden }) =>
    envVar === undefined || hidden
      ? []
      : [{ term: envVar, text: `as ${long ?? short}, which goes before it` }],
  );
}

function headed(section: Section): string[] {
  return under((section.heading ?? '').toUpperCase(), body(section));
}

function body({ terms, lines, paragraphs }: Section): string[] {
  const sentences = paragraphs.flatMap((each, index) => [
    ...(index > 0 || terms.length > 0 || lines.length > 0 ? ['.PP'] : []),
    ...paragraph(each),
  ]);
  return [...termList(terms), ...(lines.length > 0 ? example(lines) : []), ...sentences];
}

function termList(terms: readonly Term[]): string[] {
  return terms.flatMap(({ term, text }) => ['.TP', textLine(bold(term)), ...paragraph(sentence(text))]);
}

function under(heading: string, lines: readonly string[]): string[] {
  return lines.length > 0 ? [macro('SH', literal(heading)), ...lines] : [];
}

/** The command above, those beside it or below it, and the pages of others. */
function seeAlso(command: Command, { seeAlso: pages }: Manual): string {
  const relatives = command.commands.length > 0 ? command.commands : (command.parent?.commands ?? []);
  const ours = [...(command.parent ? [command.parent] : []), ...relatives]
    .filter((each) => each !== command)
    .map((each) => `${pageName(each)}(1)`);
  return [...new Set([...ours, ...pages])]
    .map((page) => page.replace(/^(.*)(\(.*\))$/, (_, name: string, section: string) => bold(name) + section))
    .join(',\n');
}

/** Help texts begin small and end without a stop. */
function sentence(text: string): string {
  // A name that is written small stays so.
  const begun = text.startsWith('libvirt') ? text : text.charAt(0).toUpperCase() + text.slice(1);
  return /[.:]$/.test(begun) ? begun : `${begun}.`;
}

function withoutStop(text: string): string {
  return text.replace(/\.$/, '');
}
