/** Addresses of the simulator: `sim:NAME` is the guest on its source, `sim:NAME@destination` where it goes. */
import { RefusedError } from '../hypervisor.ts';

const PREFIX = 'sim:';
const DESTINATION = '@destination';

export interface SimulatedAddress {
  readonly name: string;
  readonly side: 'source' | 'destination';
}

export function simulatedAddress(name: string, side: SimulatedAddress['side'] = 'source'): string {
  return `${PREFIX}${name}${side === 'destination' ? DESTINATION : ''}`;
}

/** @throws {RefusedError} `bad-address` */
export function parseSimulatedAddress(address: string): SimulatedAddress {
  const rest = address.startsWith(PREFIX) ? address.slice(PREFIX.length) : '';
  const side = rest.endsWith(DESTINATION) ? 'destination' : 'source';
  const name = side === 'destination' ? rest.slice(0, -DESTINATION.length) : rest;
  if (name === '')
    throw new RefusedError(
      'bad-address',
      `"${address}" is no address of the simulator: write sim: and the guest's name, like sim:loop`,
    );
  return { name, side };
}
