/**
 * Programs that a drain asks before and after a host and each VM. Only the configuration and the command line of whoever runs the
 * controller name them, never the database: there only stands which stages a drain needs, so that no controller without a
 * program for them begins its moves.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { addAbortListener } from 'node:events';
import type { DrainConfig } from '../config/drain-config.ts';
import { type HookPrograms, STAGES, type Stage } from '../drain/stages.ts';
import { formatDuration } from '../model/units.ts';

/** Go on; leave it as it is, which is no failure; or hold, with the program's words. */
export type Answer = { readonly is: 'go' } | { readonly is: 'skip' | 'hold'; readonly words: string };

export interface About {
  readonly host: string;
  readonly drain: string;
  readonly vm?: { readonly uuid: string; readonly name: string; readonly destination: string };
}

export interface Hooks {
  has(stage: Stage): boolean;
  /** @param letGo ends it, as if it had answered to hold */
  ask(stage: Stage, about: About, letGo: AbortSignal): Promise<Answer>;
}

/** As sysexits.h has it for what fails now and may not later, and CloudStack and others use for the same. */
const SKIP = 70;
const MOST_OUTPUT = 4096;
const TERM_MS = 5000;

export const USUAL_HOOK_TIMEOUT_MS = 600_000;

export class ProgramHooks implements Hooks {
  private readonly programs: HookPrograms;
  private readonly timeoutMs: number;

  constructor(programs: HookPrograms, timeoutMs = USUAL_HOOK_TIMEOUT_MS) {
    this.programs = programs;
    this.timeoutMs = timeoutMs;
  }

  has(stage: Stage): boolean {
    return this.programs[stage] !== undefined;
  }

  async ask(stage: Stage, { host, drain, vm }: About, letGo: AbortSignal): Promise<Answer> {
    const [program, ...args] = this.programs[stage] ?? [];
    if (program === undefined) return missing(stage);
    const env = {
      ...process.env,
      SWITCHOVER_HOST: host,
      SWITCHOVER_DRAIN: drain,
      SWITCHOVER_STAGE: stage,
      SWITCHOVER_VM: vm?.name,
      SWITCHOVER_VM_UUID: vm?.uuid,
      SWITCHOVER_DESTINATION: vm?.destination,
    };
    // A group of its own: what it starts ends with it.
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    return await answerOf(child, stage, this.timeoutMs, letGo);
  }
}

export const NO_HOOKS: Hooks = new ProgramHooks({});

/** The programs that a controller has, by its configuration and before that by its command line. */
export function hooksOf(config: DrainConfig, given: HookPrograms = {}): Hooks {
  return new ProgramHooks({ ...config.hooks, ...given }, config.hookTimeoutMs);
}

/** Of a stage that a drain needs and this controller has no program for. */
export function missing(stage: Stage): Answer {
  return { is: 'hold', words: `${stage}: this controller has no program for it, and its drain needs one` };
}

export function stagesOf(hooks: Pick<Hooks, 'has'>): Stage[] {
  return STAGES.filter((stage) => hooks.has(stage));
}

async function answerOf(
  child: ChildProcess,
  stage: Stage,
  timeoutMs: number,
  letGo: AbortSignal,
): Promise<Answer> {
  let output = '';
  const hear = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-MOST_OUTPUT);
  };
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  const ended = Promise.withResolvers<Answer>();
  const hold = (words: string) => ended.resolve({ is: 'hold', words: `${stage}: ${words}` });
  child.on('error', (error) => hold(`it cannot be run: ${error.message}`));
  child.on('close', (status, signal) => {
    const said = output.trim().split('\n').at(-1) ?? '';
    if (status === 0) ended.resolve({ is: 'go' });
    else if (status === SKIP)
      ended.resolve({ is: 'skip', words: `${stage}: ${said || 'its exit status says to skip it'}` });
    else hold(said || (signal ? `it was ended by ${signal}` : `its exit status is ${status}`));
  });
  const end = (words: string) => {
    hold(words);
    endGroup(child, 'SIGTERM');
    setTimeout(() => endGroup(child, 'SIGKILL'), TERM_MS).unref();
  };
  const timer = setTimeout(
    () => end(`it has not ended within ${formatDuration(timeoutMs)}, and was ended`),
    timeoutMs,
  );
  using _listening = addAbortListener(letGo, () => end('it was ended, as its controller lets go'));
  try {
    return await ended.promise;
  } finally {
    clearTimeout(timer);
  }
}

function endGroup({ pid, exitCode, signalCode }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}
