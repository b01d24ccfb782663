/**
 * Runs `virsh`: one process a command, its arguments handed over as they are, never through a shell.
 *
 * It is put into a session of its own, so that the Ctrl-C which is meant for us does not reach it (virsh would
 * abort the job), and so that it finds no terminal to ask for a password on: it fails at once instead.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** virsh ended with an error; `message` is what it said, without its prefix. */
export class VirshError extends Error {
  override readonly name = 'VirshError';
}

/** There is no virsh on the path. */
export class NoVirshError extends Error {
  override readonly name = 'NoVirshError';
}

/** virsh did not answer in time; libvirtd hangs, or waits for a QEMU that is busy. */
export class VirshTimeoutError extends Error {
  override readonly name = 'VirshTimeoutError';
}

const PATIENT_MS = 30_000;

/** @returns what it printed @throws {VirshError} @throws {NoVirshError} @throws {VirshTimeoutError} */
export async function virsh(
  uri: string,
  args: readonly string[],
  { timeoutMs = PATIENT_MS }: { readonly timeoutMs?: number } = {},
): Promise<string> {
  const child = spawnVirsh(uri, args, 'ignore');
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  const { status, stdout, stderr } = await outputOf(child).finally(() => clearTimeout(timer));
  if (status === 0) return stdout;
  if (child.killed)
    throw new VirshTimeoutError(`${uri} did not answer \`virsh ${args[0]}\` within ${timeoutMs / 1000} s`);
  throw new VirshError(errorText(stderr) || `virsh ended with status ${status}`, { cause: args });
}

export function spawnVirsh(uri: string, args: readonly string[], stdin: 'ignore' | 'pipe'): ChildProcess {
  return spawn('virsh', ['--quiet', '--connect', uri, ...args], {
    env: virshEnvironment(),
    stdio: [stdin, 'pipe', 'pipe'],
    detached: true,
  });
}

export interface VirshOutput {
  /** Null when a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @throws {NoVirshError} */
export async function outputOf(child: ChildProcess): Promise<VirshOutput> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return await new Promise((resolve, reject) => {
    child.on('error', (cause) => reject(spawnProblem(cause)));
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

/**
 * Runs a virsh that may outlive us: nothing of it keeps this process alive. Its words go to files that have no name
 * any more, so none is left behind, and are read when it ends.
 * @returns its end; never rejects
 */
export function virshOnItsOwn(uri: string, args: readonly string[]): Promise<VirshOutput> {
  const stdout = namelessFile();
  const stderr = namelessFile();
  const close = () => {
    fs.closeSync(stdout);
    fs.closeSync(stderr);
  };
  const child = spawn('virsh', ['--quiet', '--connect', uri, ...args], {
    env: virshEnvironment(),
    stdio: ['ignore', stdout, stderr],
    detached: true,
  });
  child.unref();
  return new Promise((resolve) => {
    child.on('error', (cause) => {
      close();
      resolve({ status: 1, stdout: '', stderr: `error: ${spawnProblem(cause).message}` });
    });
    child.on('exit', (status) => {
      const output = { status, stdout: wholeOf(stdout), stderr: wholeOf(stderr) };
      close();
      resolve(output);
    });
  });
}

/** What it complains of at its end when it was fed commands, since we give it no place for their history. */
const NO_HISTORY = "'/dev/null/libvirt/virsh'";

/**
 * What virsh said went wrong: the last of its lines is the cause, the others only say in what it failed. Where none is
 * virsh's own, as when ssh fails, all of them, on one line: whoever tells it tells each line as a sentence of its own.
 */
export function errorText(stderr: string): string {
  const lines = stderr.split(/[\r\n]+/).map((line) => line.trim());
  const errors = lines
    .filter((line) => line.startsWith('error: ') && !line.includes(NO_HISTORY))
    .map((line) => line.slice('error: '.length).trim());
  return errors.at(-1) ?? lines.filter((line) => line !== '').join(' ');
}

/** Why virsh could not even be started. */
export function spawnProblem(cause: NodeJS.ErrnoException): Error {
  if (cause.code !== 'ENOENT')
    return new VirshError(`virsh could not be started (${cause.message})`, { cause });
  const remedy = 'install it (Debian and Ubuntu: apt-get install libvirt-clients)';
  return new NoVirshError(`there is no virsh here: ${remedy}`, { cause });
}

/** English messages, which we read; and no history file, which virsh writes when it is fed commands. */
function virshEnvironment(): NodeJS.ProcessEnv {
  // Its readline shows a command again, and on a terminal that it takes for narrow only the end of it.
  const terminal = { TERM: 'dumb', COLUMNS: '10000' };
  return { ...process.env, ...terminal, LC_ALL: 'C', LANGUAGE: '', XDG_CACHE_HOME: '/dev/null' };
}

function namelessFile(): number {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-words-'));
  try {
    return fs.openSync(path.join(folder, 'words'), 'w+', 0o600);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** From its beginning: virsh wrote through the same place in the file. */
function wholeOf(file: number): string {
  const bytes = Buffer.alloc(fs.fstatSync(file).size);
  fs.readSync(file, bytes, 0, bytes.length, 0);
  return bytes.toString('utf8');
}
