/** Where and with what it was measured: without it no figure can be compared with another. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { ROOT } from './store.ts';

export interface Environment {
  readonly qemu: string;
  readonly kernel: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly node: string;
  /** `+` behind it: with changes that are not committed. */
  readonly commit: string;
  readonly date: string;
  readonly command: string;
}

export function environment(command: string): Environment {
  return {
    qemu: output('qemu-system-x86_64', '--version').split('\n')[0] ?? '',
    kernel: `${os.type()} ${os.release()}`,
    cpu: /^model name\s*:\s*(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? os.arch(),
    cores: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    node: process.version,
    commit: commit(),
    date: new Date().toISOString().slice(0, 10),
    command,
  };
}

function commit(): string {
  const id = output('git', '-C', ROOT, 'rev-parse', '--short=12', 'HEAD').trim();
  const changed = output('git', '-C', ROOT, 'status', '--porcelain', '--', 'src', 'lab', 'bench/policies');
  return id === '' ? 'unknown' : `${id}${changed.trim() === '' ? '' : '+'}`;
}

function output(program: string, ...args: string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';
  }
}
