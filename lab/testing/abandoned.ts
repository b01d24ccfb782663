/** For tests of what becomes of a lab whose owner ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { listNamespaces } from '../namespaces.ts';
import { identify } from '../process-identity.ts';
import { waitFor } from '../wait.ts';

export interface Abandoned {
  readonly id: string;
  readonly folder: string;
  /** Of its daemons. */
  readonly pids: readonly number[];
}

/** Starts a program that opens a lab and then only waits. */
export async function abandonLab(
  kind: 'pair' | 'libvirt' | 'kvm',
): Promise<{ owner: ChildProcess; abandoned: Abandoned }> {
  const program = join(import.meta.dirname, 'abandon-lab.ts');
  const owner = spawn(process.execPath, [program, kind], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(owner.stdout, 'data')) as [Buffer];
  return { owner, abandoned: JSON.parse(line.toString()) as Abandoned };
}

export async function untilGone(pids: readonly number[]): Promise<void> {
  const someLeft = () => pids.some((pid) => identify(pid) !== undefined);
  await waitFor('the processes to end', async () => (someLeft() ? undefined : true), {
    timeoutMs: 30_000,
    everyMs: 20,
  });
}

export function expectGone(lab: Pick<Abandoned, 'id' | 'folder'>, pids: readonly number[]): void {
  expect(pids.map(identify).filter((process) => process !== undefined)).toEqual([]);
  expect(listNamespaces(lab.id)).toEqual([]);
  expect(existsSync(lab.folder)).toBe(false);
}
