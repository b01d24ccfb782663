/**
 * One virsh that stays: commands are written to its standard input, which costs 0.2 ms each instead of the
 * 25 ms of a process. virsh parses its input as a shell would, so only words of a harmless alphabet are let
 * through: UUIDs, option names, numbers, plain paths. Whatever holds a name goes through {@link virsh} instead.
 *
 * virsh echoes nothing reliable around an answer, and errors come on another pipe than answers. So each
 * command is followed by a marker on both pipes; what came before the markers is its answer.
 * It reconnects by itself when libvirtd was restarted; when the process ends the next command starts another.
 */
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { errorText, spawnProblem, spawnVirsh, VirshError, VirshTimeoutError } from './virsh.ts';

/** Fit for virsh's own command line. */
export function isHarmless(arg: string): boolean {
  return HARMLESS.test(arg);
}

const HARMLESS = /^[A-Za-z0-9_=:./-]+$/;
const PATIENT_MS = 30_000;
/** The second form is shown on a read-only connection. */
const PROMPT = 'virsh [#>] ';
const PROMPTS = new RegExp(`^(${PROMPT})+`);

/** What the drivers need of it, so that tests can script the answers. */
export interface Shell {
  /** @returns what it printed @throws {VirshError} @throws {NoVirshError} @throws {VirshTimeoutError} */
  run(args: readonly string[], timeoutMs?: number): Promise<string>;
  /** Ends virsh; what was asked and not answered is rejected. */
  close(): void;
}

interface Asked {
  readonly marker: string;
  readonly args: readonly string[];
  readonly resolve: (answer: string) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

export class VirshShell implements Shell {
  readonly uri: string;
  private child: ChildProcess | undefined;
  private stdout = '';
  private stderr = '';
  /** Not to be guessed: an answer may hold text of other people's. */
  private readonly secret = randomUUID();
  private count = 0;
  /** In the order in which virsh was given them, which is the order of its answers. */
  private readonly asked: Asked[] = [];

  constructor(uri: string) {
    this.uri = uri;
  }

  /** @returns what it printed @throws {VirshError} @throws {NoVirshError} @throws {VirshTimeoutError} */
  async run(args: readonly string[], timeoutMs = PATIENT_MS): Promise<string> {
    const odd = args.find((arg) => !isHarmless(arg));
    if (odd !== undefined) throw new Error(`not fit for virsh's own command line: ${JSON.stringify(odd)}`);
    const child = this.child ?? this.start();
    this.hold(child, 'ref');
    this.count += 1;
    const marker = `${this.secret}-${this.count}-answered`;
    return await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => this.giveUp(timeoutMs), timeoutMs);
      this.asked.push({ marker, args, resolve, reject, timer });
      child.stdin?.write(`${args.join(' ')}\necho --err ${marker}\necho ${marker}\n`);
    });
  }

  /** Nothing is asked for a while: it does not keep this process from ending. */
  rest(): void {
    if (this.child && this.asked.length === 0) this.hold(this.child, 'unref');
  }

  private hold(child: ChildProcess, how: 'ref' | 'unref'): void {
    child[how]();
    for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as Socket | null)?.[how]();
  }

  /** Ends virsh; what was asked and not answered is rejected. */
  close(): void {
    const child = this.child;
    child?.kill('SIGKILL');
    if (child) this.ended(child, new VirshError('virsh was ended'));
  }

  private start(): ChildProcess {
    const child = spawnVirsh(this.uri, [], 'pipe');
    this.child = child;
    this.stdout = '';
    this.stderr = '';
    child.stdin?.on('error', () => {});
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      if (this.child !== child) return;
      this.stdout += text;
      this.deliver();
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (this.child !== child) return;
      this.stderr += text;
      this.deliver();
    });
    child.on('error', (cause) => this.ended(child, spawnProblem(cause)));
    child.on('close', () => this.ended(child, new VirshError(errorText(this.stderr) || 'virsh was ended')));
    return child;
  }

  private deliver(): void {
    for (;;) {
      const first = this.asked[0];
      if (!first) return;
      const found = answerIn(this.stdout, this.stderr, first);
      if (!found) return;
      this.asked.shift();
      clearTimeout(first.timer);
      this.stdout = found.rest.stdout;
      this.stderr = found.rest.stderr;
      if (found.problem === undefined) first.resolve(found.answer);
      else first.reject(new VirshError(found.problem, { cause: first.args }));
    }
  }

  /** The answers behind the one that does not come cannot come either. */
  private giveUp(afterMs: number): void {
    const what = this.asked[0]?.args[0] ?? '';
    const error = new VirshTimeoutError(
      `${this.uri} did not answer \`virsh ${what}\` within ${afterMs / 1000} s`,
    );
    const child = this.child;
    child?.kill('SIGKILL');
    if (child) this.ended(child, error);
  }

  private ended(child: ChildProcess, error: Error): void {
    if (this.child !== child) return;
    this.child = undefined;
    for (const { reject, timer } of this.asked.splice(0)) {
      clearTimeout(timer);
      reject(error);
    }
  }
}

export type Found = {
  /** What was printed behind the marks: of the next answer. */
  readonly rest: { readonly stdout: string; readonly stderr: string };
} & (
  | { readonly answer: string; readonly problem?: undefined }
  | { readonly problem: string; readonly answer?: undefined }
);

/** @returns the answer to the oldest command, or why it was refused; undefined until both its marks are there */
export function answerIn(
  stdout: string,
  stderr: string,
  asked: Pick<Asked, 'args' | 'marker'>,
): Found | undefined {
  const printed = until(stdout, new RegExp(`^(${PROMPT})*${asked.marker}`, 'm'));
  const complaint = until(stderr, new RegExp(asked.marker));
  if (printed === undefined || complaint === undefined) return undefined;
  const rest = { stdout: printed.rest, stderr: complaint.rest };
  const words = withoutReconnection(complaint.before.replace(/error: $/, ''));
  if (words.trim() === '' || !words.includes('error: '))
    return { rest, answer: withoutEcho(printed.before, asked) };
  return { rest, problem: errorText(words) };
}

/**
 * After libvirtd was restarted the next command connects anew, says so as an error, and is carried out all the same:
 *
 *     error: Disconnected from qemu:///system due to end of file
 *     error: Reconnected to the hypervisor
 */
function withoutReconnection(words: string): string {
  if (!words.includes('error: Reconnected to the hypervisor')) return words;
  return words.replace(/^error: (Disconnected from .*|Reconnected to the hypervisor)\n/gm, '');
}

function until(text: string, mark: RegExp): { before: string; rest: string } | undefined {
  const match = mark.exec(text);
  if (!match) return undefined;
  return { before: text.slice(0, match.index), rest: text.slice(match.index + match[0].length) };
}

/** Takes off the prompts, and the commands that virsh shows again behind them where it has readline. */
function withoutEcho(answer: string, { args, marker }: Pick<Asked, 'args' | 'marker'>): string {
  const shown = new Set([args.join(' '), `echo --err ${marker}`, `echo ${marker}`]);
  return answer
    .split('\n')
    .map((line) => line.replace(PROMPTS, ''))
    .filter((line) => !shown.has(line))
    .join('\n')
    .trim();
}
