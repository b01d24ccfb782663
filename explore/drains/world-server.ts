/** The world, for controllers in processes of their own: a line of JSON for each question, and one for each answer. */
import net from 'node:net';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { type Failure, StartFailed } from '../../src/fleet/mover.ts';
import type { World } from './world.ts';

const question = z.object({
  id: z.int(),
  ask: z.enum(['look', 'vm', 'locate', 'start', 'attend', 'running']),
  by: z.string(),
  vm: z.string().default(''),
  host: z.string().default(''),
  destination: z.string().default(''),
});

export type Question = z.input<typeof question>;
export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
  /** Of a start. */
  readonly failure?: Failure;
}

/** @param file of its socket @returns before it listens */
export function serveWorld(world: World, file: string): net.Server {
  const server = net.createServer((socket) => {
    const lines = createInterface({ input: socket });
    // A controller that was killed reads no answers.
    lines.on('error', () => socket.destroy());
    lines.on('line', (line) => {
      const { id, ...asked } = question.parse(JSON.parse(line));
      answerOf(world, asked).then(
        (value) => send(socket, { id, value }),
        (error: Error) =>
          send(socket, {
            ...{ id, error: error.message },
            ...(error instanceof StartFailed ? { failure: error.failure } : {}),
          }),
      );
    });
  });
  return server.listen(file);
}

async function answerOf(
  world: World,
  { ask, by, vm, host, destination }: Omit<z.output<typeof question>, 'id'>,
): Promise<unknown> {
  switch (ask) {
    case 'look':
      return world.look(host);
    case 'vm':
      return world.vmOn(host, vm);
    case 'locate':
      return world.locate(vm, host, destination);
    case 'start':
      return world.start(vm, host, destination, by);
    case 'attend':
      return await world.attend(vm, by);
    case 'running':
      return world.running();
  }
}

function send(socket: net.Socket, answer: Answer): void {
  if (!socket.destroyed) socket.write(`${JSON.stringify(answer)}\n`);
}
