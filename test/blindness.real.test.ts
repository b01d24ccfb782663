/** Our own blindness is not the guest's fault: a terminal that does not read, and a controller that stands still. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Bed } from '../lab/bed.ts';
import { documentFrom, PROGRAM } from '../lab/switchover-process.ts';
import { boot } from './faults/fault-bed.ts';
import { isPass, isResume, isStatus, isStop } from './faults/moments.ts';
import { Scene } from './faults/scene.ts';

const XOFF = '\x13';
const XON = '\x11';

let bed: Bed;
let scene: Scene;
beforeAll(async () => {
  bed = await boot();
});
afterAll(async () => await bed?.[Symbol.asyncDispose]());
beforeEach(async () => {
  scene = await Scene.open(bed, ['source', 'destination']);
});
afterEach(async () => {
  const arrived = scene.witnesses.source.events.some(isStatus('completed'));
  await scene[Symbol.asyncDispose]();
  if (arrived) await bed.turnAround();
  else await bed.pair.startDestination();
});

test('a terminal on which Ctrl-S was pressed costs lines, not decisions', async () => {
  const { source } = scene.witnesses;
  const command = [PROGRAM, 'migrate', bed.source, bed.destination, ...bed.common()].join(' ');
  // A pseudo-terminal; what it is given on standard input is typed.
  const terminal = spawn('script', ['-qefc', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(terminal, 'exit');
  terminal.stdout.resume();
  try {
    expect(await source.saw(isPass(1), 60_000)).toBe(true);
    terminal.stdin.write(XOFF);
    // It never does by itself: somebody has to decide.
    expect(await source.saw(isStatus('completed'), 40_000)).toBe(true);
    expect(await scene.goesOn()).toEqual(['destination']);
    terminal.stdin.write(XON);
    expect(await ended).toEqual([0, null]);
  } finally {
    terminal.kill('SIGKILL');
  }
  await bed.verify('destination');
});

describe('a controller that stands still (SIGSTOP)', () => {
  test('for longer than --stall-timeout does not cancel a healthy migration', async () => {
    const { source } = scene.witnesses;
    const running = scene.migrate('--policy', 'mp', '--stall-timeout', '4s');
    expect(await source.saw(isPass(1), 60_000)).toBe(true);
    running.process.kill('SIGSTOP');
    await sleep(8000);
    running.process.kill('SIGCONT');
    const ran = await running.ended;
    expect(documentFrom(ran), ran.stderr).toMatchObject({ outcome: 'completed', runsOn: 'destination' });
    expect(ran.status).toBe(0);
    await bed.verify('destination');
  });

  test('while the guest is stopped does not report a shorter pause than there was', async () => {
    const { source, destination } = scene.witnesses;
    const running = scene.migrate();
    expect(await source.saw(isStop, 60_000)).toBe(true);
    running.process.kill('SIGSTOP');
    expect(await source.saw(isStatus('completed'), 60_000)).toBe(true);
    await sleep(1000);
    running.process.kill('SIGCONT');
    const { pauseMs, runsOn } = documentFrom(await running.ended);
    expect(runsOn).toBe('destination');
    const stoppedMs = source.events.find(isStop)?.atMs ?? 0;
    const resumedMs = destination.events.find(isResume)?.atMs ?? 0;
    // Null says that it was not measured.
    if (pauseMs !== null) expect(pauseMs).toBeGreaterThan((resumedMs - stoppedMs) * 0.9);
    await bed.verify('destination');
  });
});
