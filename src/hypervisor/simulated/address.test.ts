import { expect, test } from 'vitest';
import { parseSimulatedAddress, simulatedAddress } from './address.ts';

test.each(['source', 'destination'] as const)('the %s’s address reads back', (side) => {
  expect(parseSimulatedAddress(simulatedAddress('web-1', side))).toEqual({ name: 'web-1', side });
});

test.each(['web', 'sim:', 'sim:@destination', 'qmp:/run/x'])('%j is refused', (address) =>
  expect(() => parseSimulatedAddress(address)).toThrow(expect.objectContaining({ code: 'bad-address' })),
);
