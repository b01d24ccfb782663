/**
 * Deliberate defects, by which it is known that the fuzzer can see: each breaks one parser, by its source, and has to be
 * found. A text that is not there exactly once any more is an error, so that the list keeps up with the code.
 */
import { assertThere, type Defect as Planted, plant } from '../explore/defects.ts';

export interface Defect extends Planted {
  /** The one that has to find it. */
  readonly target: string;
}

/** Within so many inputs each has to be found. */
export const MOST_INPUTS = 100_000;

export { assertThere, plant };

export const DEFECTS: readonly Defect[] = [
  {
    name: 'a line is torn where a chunk ends right behind its CR',
    target: 'qmp/lines',
    file: 'src/hypervisor/qemu/qmp/line-splitter.ts',
    from: '    if (start < chunk.length) this.#keep(chunk.subarray(start));',
    to: '    if (start < chunk.length) this.#keep(chunk.at(-1) === 0x0d ? chunk.subarray(start, -1) : chunk.subarray(start));',
  },
  {
    name: 'the words of a refusal are made text whatever they are',
    target: 'qmp/message',
    file: 'src/hypervisor/qemu/qmp/message.ts',
    from: "desc: textOr('without a word', desc),",
    to: 'desc: String(desc),',
  },
  {
    name: 'an answer that nobody waits for breaks the session',
    target: 'qmp/session',
    file: 'src/hypervisor/qemu/qmp/client.ts',
    from: '    if (waiter === undefined) return;\n',
    to: "    if (waiter === undefined) throw new TypeError('nobody waits for it');\n",
  },
  {
    name: 'a figure of a reply may be negative',
    target: 'qmp/reply',
    file: 'src/hypervisor/qemu/qmp/replies.ts',
    from: 'value >= 0 && value <= MOST && Number.isInteger(value)',
    to: 'value <= MOST && Number.isInteger(value)',
  },
  {
    name: 'a QEMU that says nothing of plugged memory has no size',
    target: 'qmp/driver',
    file: 'src/hypervisor/qemu/monitor.ts',
    from: "(memory['plugged-memory'] ?? 0)",
    to: "memory['plugged-memory']!",
  },
  {
    name: 'a figure of a job may be negative',
    target: 'virsh/job-info',
    file: 'src/hypervisor/libvirt/virsh/job-info.ts',
    from: 'const FIGURE = /^\\d{1,20}$/;',
    to: 'const FIGURE = /^-?\\d{1,20}$/;',
  },
  {
    name: "a state's reason is looked up in what every object has",
    target: 'virsh/state',
    file: 'src/hypervisor/libvirt/entry-of.ts',
    from: 'Object.hasOwn(table, key) ? table[key] : undefined',
    to: 'table[key]',
  },
  {
    name: "a domain's UUID may be missing",
    target: 'xml/domain',
    file: 'src/hypervisor/libvirt/domain/domain-xml.ts',
    from: "uuid: required(textOf(at(domain, 'uuid')), 'uuid').trim(),",
    to: "uuid: textOf(at(domain, 'uuid'))!.trim(),",
  },
  {
    name: 'a ceiling does not hold for what is far above it',
    target: 'xml/settings',
    file: 'src/config/heeded.ts',
    from: 'ceilingMs === undefined || ms <= ceilingMs) continue;',
    to: 'ceilingMs === undefined || ms <= ceilingMs || ms > 1e6) continue;',
  },
  {
    name: "a mark's host may have any character in its name",
    target: 'xml/lease-mark',
    file: 'src/hypervisor/libvirt/lease-mark.ts',
    from: 'host: z.string().regex(/^[\\w.:-]{1,255}$/),',
    to: 'host: z.string(),',
  },
  {
    name: 'a kind of entry is looked up in what every object has',
    target: 'journal/entry',
    file: 'src/journal/parse-entry.ts',
    from: 'return Object.hasOwn(HAPPENING_SCHEMAS, type);',
    to: 'return type in HAPPENING_SCHEMAS;',
  },
  {
    name: 'a journal without a first line is told all the same',
    target: 'journal/file',
    file: 'src/journal/view.ts',
    from: "  if (entry.type !== 'opened')\n",
    to: "  if (entry.type === 'ended')\n",
  },
  {
    name: 'a destination of a journal may be reached through a program',
    target: 'journal/destination',
    file: 'src/journal/trusted-destination.ts',
    from: 'return transport === undefined || TRANSPORTS.includes(transport) ? text : undefined;',
    to: 'return text;',
  },
  {
    name: 'a word of a command is quoted whatever quotes it has',
    target: 'journal/attach-command',
    file: 'src/migration/attach-command.ts',
    from: `.replaceAll("'", "'\\\\''")`,
    to: '',
  },
  {
    name: 'stars of a pattern are tried in every way',
    target: 'config/glob',
    file: 'src/config/glob.ts',
    from: 'const kept = between.map((part, index) =>',
    to: "const kept = between.map((part) => '.*' + part) ?? between.map((part, index) =>",
  },
  {
    name: 'what is wrong deep in a configuration is an error of its own',
    target: 'config/file',
    file: 'src/config/issues.ts',
    from: "    const about = path.findLast((part) => typeof part === 'string');",
    to: '    const about = path.findLast((part) => (part as string).length > 0);\n    if (path.length === 3) (about as unknown as () => void)();',
  },
  {
    name: 'a size may be larger than numbers are exact',
    target: 'text/units',
    file: 'src/model/units.ts',
    from: '  if (value > LARGEST)\n',
    to: '  if (value > LARGEST * 1e9)\n',
  },
  {
    name: "a holder's words may move the cursor",
    target: 'text/lease-holder',
    file: 'src/migration/lease-holder.ts',
    from: ".transform((value) => value.replace(UNPRINTABLE, '?'))",
    to: '',
  },
];
