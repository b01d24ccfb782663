/**
 * Questions to the workload over the guest's second serial port, which QEMU offers as a unix socket.
 *
 * Each question is a connection of its own, because QEMU serves one client at a time, and carries a token that
 * the answer repeats: what an earlier, impatient client did not wait for is never taken for our answer.
 */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { patient } from '../patience.ts';
import { GuestAnswerError } from './answers.ts';

/**
 * @param request `STATUS`, `VERIFY` or `CORRUPT n [stale|flip]`
 * @returns the answer's line, without the token
 * @throws {GuestAnswerError} when the guest calls the request an error, is silent, or its QEMU is gone
 */
export async function askGuest(socketPath: string, request: string, usualMs: number): Promise<string> {
  const timeoutMs = patient(usualMs);
  const token = randomBytes(4).toString('hex');
  const mark = ` t=${token}`;
  return await new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    let received = '';
    const fail = (why: string) => {
      socket.destroy();
      reject(new GuestAnswerError(`no answer to ${request} from the guest at ${socketPath}: ${why}`));
    };
    // Not socket.setTimeout: a guest that babbles without ever answering must end as well.
    const timer = setTimeout(() => fail(`none came within ${timeoutMs} ms`), timeoutMs);
    socket.setEncoding('latin1');
    socket.on('error', (error) => fail(error.message));
    socket.on('end', () => fail('its QEMU closed the line'));
    socket.on('close', () => clearTimeout(timer));
    // The empty line ends whatever half a line an earlier client may have left.
    socket.on('connect', () => socket.write(`\n${request}${mark}\n`));
    socket.on('data', (chunk: string) => {
      received += chunk;
      const line = received
        .split('\n')
        .find((candidate, i, all) => i < all.length - 1 && candidate.endsWith(mark));
      if (line === undefined) return;
      socket.destroy();
      const answer = line.slice(0, -mark.length);
      if (answer.startsWith('ERROR')) reject(new GuestAnswerError(`the guest refused ${request}: ${answer}`));
      else resolve(answer);
    });
  });
}
