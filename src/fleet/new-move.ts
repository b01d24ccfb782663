/** A VM as a drain takes it up. */
import { linkFrom } from './drain-settings.ts';
import type { NewMove } from './drains.ts';

interface QueuedVm {
  readonly uuid: string;
  readonly name: string;
  readonly memoryBytes: number;
  readonly apart: readonly string[];
  readonly obstacles: NewMove['obstacles'];
  readonly intensive: boolean;
  readonly refused?: NewMove['refused'];
}

const GIB = 2 ** 30;

export function newMoveOf(host: string, vm: QueuedVm): NewMove {
  const { uuid, name, memoryBytes, apart, obstacles, intensive, refused = {} } = vm;
  return {
    ...{ vm: uuid, name, source: host, link: linkFrom(host), memoryGib: Math.ceil(memoryBytes / GIB) },
    ...{ intensive, apart, obstacles, refused },
  };
}
