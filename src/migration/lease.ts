/**
 * One controller a VM on this machine: a lease that dies with its holder, also by SIGKILL.
 *
 * The lease is an abstract unix socket (`\0switchover/<uuid>`, unix(7)). The kernel lets one process bind a name,
 * in one step, and frees it when that process has ended, however it ended; a stopped process still holds it. There
 * is nothing on a disk that could be left over, so nothing has to be judged stale. Child processes (`virsh
 * migrate`) do not inherit it: Node opens every socket with close-on-exec. A second taker is answered with the
 * holder's facts.
 *
 * What it cannot do:
 * - Abstract names have no owner and no mode, so any local process may bind one. A malicious user can thereby hold a
 *   lease, and we refuse to drive that VM; he cannot make us drive anything. His answer is only shown, never acted
 *   on. The kernel tells root who it is: `ss -xlp | grep switchover/`.
 * - They are of one network namespace. Two controllers in two containers, or on two machines, do not see each other
 *   here: that is for the mark at the hypervisor (QMP serves one client; libvirt's lease-mark.ts).
 *
 * There is no lock file in the state folder besides: it would guard only those who share that folder (root and a
 * user do not), would outlive a SIGKILL, and would then have to be judged by process ids, which mean nothing in
 * another container, the one place where it could see what the socket does not.
 */
import { createHash } from 'node:crypto';
import { connect, createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { RefusedError } from '../hypervisor/refusal.ts';
import {
  decodeHolder,
  encodeHolder,
  holderInWords,
  type LeaseHolder,
  LONGEST_ANSWER_BYTES,
} from './lease-holder.ts';

/** A holder that lives answers at once; one that is stopped, hangs or is none of ours holds all the same. */
const ANSWER_MS = 500;

/** Between a holder's `bind` and `listen` it refuses connections, for microseconds; after its end too. */
const AGAIN_MS = 10;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Of every QEMU that was started without `-uuid`. */
const NIL_UUID = '00000000-0000-0000-0000-000000000000';

export interface Lease extends AsyncDisposable {
  readonly vm: string;
  /** Another may take it once this has settled. Idempotent. */
  release(): Promise<void>;
}

/** Somebody else drives this VM. */
export class LeaseHeldError extends RefusedError {
  /** Undefined where it does not answer. */
  readonly holder: LeaseHolder | undefined;

  constructor(vm: string, holder: LeaseHolder | undefined) {
    const remedy =
      holder === undefined
        ? `find it with \`ss -xlp | grep ${leaseName(vm).slice(1)}\` as root`
        : 'wait until it has ended, or end it (SIGTERM lets go of the migration and leaves it running)';
    super('held', `VM ${vm} is held by ${holderInWords(holder)}: ${remedy}, then try again`);
    this.holder = holder;
  }
}

/**
 * @param vm its UUID; where QEMU was given none, its address (`qmp:/run/vm1.sock`)
 * @throws {LeaseHeldError} when another process, or this one, holds it
 */
export async function takeLease(vm: string, holder: LeaseHolder): Promise<Lease> {
  const path = leaseName(vm);
  const answer = encodeHolder(holder);
  const deadlineMs = performance.now() + ANSWER_MS;
  for (;;) {
    const server = await bind(path, answer);
    if (server) return leaseOf(vm, server);
    const reply = await askHolder(path);
    if (reply !== 'nobody listens') throw new LeaseHeldError(vm, decodeHolder(reply));
    // The name was bound a moment ago: its holder has just ended, or is about to listen.
    if (performance.now() > deadlineMs) throw new LeaseHeldError(vm, undefined);
    await sleep(AGAIN_MS);
  }
}

/** @throws {RangeError} for the UUID that all VMs without one share */
function leaseName(vm: string): string {
  const id = vm.toLowerCase();
  if (id === NIL_UUID) throw new RangeError('a VM without a UUID of its own is leased by its address');
  // A name has 107 bytes, and an address may have any.
  return `\0switchover/${UUID.test(id) ? id : createHash('sha256').update(vm).digest('hex')}`;
}

function leaseOf(vm: string, server: Server): Lease {
  let released: Promise<void> | undefined;
  const release = async () => {
    released ??= new Promise((resolve) => server.close(() => resolve()));
    await released;
  };
  return { vm, release, [Symbol.asyncDispose]: release };
}

/** @returns undefined when the name is taken */
async function bind(path: string, answer: string): Promise<Server | undefined> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.unref();
    // It asks nothing and is waited for by nobody: what was written reaches it also after the close.
    socket.end(answer, () => socket.destroy());
  });
  // A lease keeps no process alive.
  server.unref();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      // Exclusive: a worker of `node:cluster` would share its parent's socket.
      server.listen({ path, exclusive: true }, resolve);
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
  // Running out of files while it answers is the second taker's loss, not the holder's end.
  server.on('error', () => {});
  return server;
}

/** @returns what it said in time, which may be nothing or nonsense */
async function askHolder(path: string): Promise<string | 'nobody listens'> {
  const socket = connect({ path });
  socket.setEncoding('utf8');
  const timer = setTimeout(() => socket.destroy(), ANSWER_MS);
  let said = '';
  let refused = false;
  socket.on('data', (text: string) => {
    said += text;
    if (said.includes('\n') || said.length > LONGEST_ANSWER_BYTES) socket.destroy();
  });
  socket.on('error', ({ code }: NodeJS.ErrnoException) => {
    refused = code === 'ECONNREFUSED';
  });
  await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  clearTimeout(timer);
  return refused ? 'nobody listens' : said;
}
