import type { Move } from './move.ts';
import type { Ride } from './mover.ts';

/** What the hypervisors' side has to know of a try. */
export function rideOf(move: Move): Ride {
  const { id, drain, vm, source, destination, isForeign, way, decidedBy, stated } = move;
  return {
    ...{ id, drain, vm, source, destination: destination ?? '', isForeign, way, stated },
    isDecided: decidedBy !== null,
  };
}
