import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { LeaseHeldError, takeLease } from './lease.ts';
import type { LeaseHolder } from './lease-holder.ts';

const PROGRAM = fileURLToPath(new URL('./testing/lease-process.ts', import.meta.url));
const SINCE = '2026-11-27T06:00:00.000Z';
const ME: LeaseHolder = { pid: process.pid, user: 'root', command: 'switchover migrate vm1', since: SINCE };

test('the second taker is told who holds it, and what to do', async () => {
  const vm = randomUUID();
  await using first = await takeLease(vm, ME);
  const error = await refusal(vm);
  expect(error).toMatchObject({ name: 'RefusedError', code: 'held', holder: ME });
  expect(error.message).toBe(
    `VM ${vm} is held by process ${process.pid} of root, \`switchover migrate vm1\`, since ${SINCE}: wait until it ` +
      'has ended, or end it (SIGTERM lets go of the migration and leaves it running), then try again',
  );
  expect(first.vm).toBe(vm);
});

test('each VM has its own, whatever the case of its UUID', async () => {
  const vm = randomUUID();
  await using _first = await takeLease(vm, ME);
  await using _other = await takeLease(randomUUID(), ME);
  await refusal(vm.toUpperCase());
});

test('a VM without a UUID is leased by its address', async () => {
  await expect(takeLease('00000000-0000-0000-0000-000000000000', ME)).rejects.toThrow(RangeError);
  const vm = `qmp:/run/${'long/'.repeat(50)}${randomUUID()}.sock`;
  await using _lease = await takeLease(vm, ME);
  await refusal(vm);
  await using _other = await takeLease(`${vm}2`, ME);
});

test('once released it can be taken again, at once and many times', async () => {
  const vm = randomUUID();
  for (let time = 0; time < 50; time += 1) {
    const lease = await takeLease(vm, ME);
    await Promise.all([lease.release(), lease.release()]);
  }
});

test('it is bound in the abstract name space: nothing is left on a disk', async () => {
  const vm = randomUUID();
  await using _lease = await takeLease(vm, ME);
  const names = fs.readFileSync('/proc/net/unix', 'utf8').split('\n');
  expect(names.filter((line) => line.endsWith(` @switchover/${vm}`))).toHaveLength(1);
});

test('SIGKILL of the holder frees it', async () => {
  const vm = randomUUID();
  const holder = await startHolder(vm);
  expect(await holder.say('take')).toBe('taken');
  await refusal(vm);
  holder.child.kill('SIGKILL');
  await once(holder.child, 'exit');
  await using _lease = await takeLease(vm, ME);
});

test('a holder that is stopped still holds it', async () => {
  const vm = randomUUID();
  const holder = await startHolder(vm);
  expect(await holder.say('take')).toBe('taken');
  holder.child.kill('SIGSTOP');
  const error = await refusal(vm);
  expect(error.holder).toBeUndefined();
  expect(error.message).toContain(
    `VM ${vm} is held by a process that does not answer: find it with \`ss -xlp`,
  );
  holder.child.kill('SIGCONT');
  expect(await holder.say('release')).toBe('released');
  await using _lease = await takeLease(vm, ME);
});

test('of takers at the same instant exactly one wins, and the others are refused', async () => {
  const vm = randomUUID();
  const holders = await Promise.all([startHolder(vm), startHolder(vm), startHolder(vm)]);
  const answers = await Promise.all(holders.map((holder) => holder.say('take')));
  const others = answers.filter((answer) => answer !== 'taken');
  expect(others).toHaveLength(2);
  for (const answer of others) expect(answer).toContain(`VM ${vm} is held by`);
});

test('of many takers in one process exactly one wins', async () => {
  const vm = randomUUID();
  const takers = await Promise.allSettled(Array.from({ length: 20 }, () => takeLease(vm, ME)));
  const [lease, ...others] = takers.flatMap((taker) => (taker.status === 'fulfilled' ? [taker.value] : []));
  expect(others).toEqual([]);
  for (const taker of takers)
    if (taker.status === 'rejected') expect(taker.reason).toBeInstanceOf(LeaseHeldError);
  await lease?.release();
});

test('a lease does not keep its process alive', async () => {
  const holder = await startHolder(randomUUID());
  expect(await holder.say('take')).toBe('taken');
  holder.child.stdin?.end();
  expect(await once(holder.child, 'exit')).toEqual([0, null]);
});

test('a name that is bound and never listened on is held by somebody who does not answer', async () => {
  const vm = randomUUID();
  // What a holder is between its `bind` and its `listen`, for longer than any is.
  const bound = `use Socket; socket(S, PF_UNIX, SOCK_STREAM, 0); bind(S, pack_sockaddr_un("\\0switchover/${vm}")) or die; $| = 1; print "bound\\n"; sleep 60;`;
  const child = spawn('perl', ['-e', bound], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  expect((await refusal(vm)).holder).toBeUndefined();
  child.kill('SIGKILL');
  await once(child, 'exit');
  await using _lease = await takeLease(vm, ME);
});

test.each([
  ['nothing, and hangs up', (socket: Socket) => socket.end()],
  ['no JSON', (socket: Socket) => socket.end('root\n')],
  ['other JSON', (socket: Socket) => socket.end('{"pid":"1"}\n')],
  ['without an end', (socket: Socket) => flood(socket)],
  ['a byte now and then', (socket: Socket) => drip(socket)],
])('a stranger who holds it and says %s only has us refused', async (_, serve) => {
  const vm = randomUUID();
  await stranger(vm, serve);
  expect((await refusal(vm)).holder).toBeUndefined();
});

test('what a stranger says moves no terminal', async () => {
  const vm = randomUUID();
  const told = { ...ME, user: 'a\u001b[2Jb', command: 'x\nrefused: no\u202e\u009b' };
  await stranger(vm, (socket) => socket.end(`${JSON.stringify(told)}\n`));
  expect((await refusal(vm)).message).toContain('of a?[2Jb, `x?refused: no??`, since');
});

async function refusal(vm: string): Promise<LeaseHeldError> {
  const error = await takeLease(vm, ME).then(
    async (lease) => await lease.release(),
    (reason: unknown) => reason,
  );
  if (error instanceof LeaseHeldError) return error;
  throw new Error('the lease was not refused', { cause: error });
}

interface Holder {
  readonly child: ChildProcess;
  /** @returns the line that it answers with */
  say(word: 'take' | 'release'): Promise<string>;
}

async function startHolder(vm: string): Promise<Holder> {
  const child = spawn(process.execPath, [PROGRAM, vm], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout });
  const nextLine = async () => (await once(lines, 'line'))[0] as string;
  expect(await nextLine()).toBe('ready');
  return {
    child,
    say: async (word) => {
      const answer = nextLine();
      child.stdin.write(`${word}\n`);
      return await answer;
    },
  };
}

async function stranger(vm: string, serve: (socket: Socket) => void): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    serve(socket);
  });
  server.listen({ path: `\0switchover/${vm}` });
  await once(server, 'listening');
  onTestFinished(() => void server.close());
}

function flood(socket: Socket): void {
  const more = () => {
    while (!socket.destroyed && socket.write('x'.repeat(1000)));
  };
  socket.on('drain', more);
  more();
}

function drip(socket: Socket): void {
  const timer = setInterval(() => socket.write('x'), 20);
  socket.on('close', () => clearInterval(timer));
}
