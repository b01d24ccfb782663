/** What is fuzzed: one parser of text from outside each, with what must hold of it for every input. */

export interface Target {
  /** `group/name`; the group is the file in `targets/` that has it. */
  readonly name: string;
  /** What it reads and from whom: `a line from QEMU`. */
  readonly reads: string;
  /** What real input looks like: the corpus begins with these. */
  readonly seeds: readonly (string | Uint8Array)[];
  /** Words that real input is made of, and a few that break careless readers. */
  readonly words: readonly string[];
  /**
   * Calls the real parser. @throws {Broken} where something does not hold; whatever else it throws no documented error
   * allows, and is a finding too
   */
  check(input: Buffer): void | Promise<void>;
  /** Beyond this many bytes no input grows. Default: {@link MOST_BYTES}. */
  readonly mostBytes?: number;
  /** What a byte may cost at most, where a reason is known that it costs more than {@link MS_PER_BYTE}. */
  readonly msPerByte?: number;
}

/** Enough for what costs the square of its length to be seen. */
export const MOST_BYTES = 32 * 1024;

/** 50 times what the slowest of them, XML, takes on a busy machine. */
export const MS_PER_BYTE = 0.01;

export const GROUPS = ['qmp', 'virsh', 'xml', 'journal', 'config', 'text'] as const;

/** Loads the parsers of that group, and no other's: what is loaded is what coverage has to go through. */
export async function loadGroup(group: string): Promise<readonly Target[]> {
  const { targets } = (await import(`./targets/${group}.ts`)) as { targets: readonly Target[] };
  return targets;
}

export function groupOf(name: string): string {
  return name.split('/')[0] ?? '';
}

/** @throws {Error} where there is none of that name */
export async function loadTarget(name: string): Promise<Target> {
  const found = (await loadGroup(groupOf(name))).find((target) => target.name === name);
  if (found === undefined) throw new Error(`there is no target ${name}`);
  return found;
}
