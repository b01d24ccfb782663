import { describe, expect, test } from 'vitest';
import type { Clock } from '../hypervisor/clock.ts';
import { Lease, LeaseLostError } from './lease.ts';

function clockAt(): Clock & { uptime: number } {
  return {
    uptime: 5000,
    now: () => 0,
    uptimeMs() {
      return this.uptime;
    },
    awakeMs: () => 0,
    sleep: async () => {},
    after: () => () => {},
  };
}

describe('its holder', () => {
  test('acts until 0.8 of it is over, counted from before the statement was sent', () => {
    const clock = clockAt();
    const lease = new Lease({ vm: 'v', epoch: 3 }, clock, 1000, 4900);
    clock.uptime = 5699;
    expect(lease.mayAct()).toBe(true);
    clock.uptime = 5700;
    expect(lease.mayAct()).toBe(false);
  });

  test('acts again once it is renewed, and not for longer by a renewal that is late', () => {
    const clock = clockAt();
    const lease = new Lease({ vm: 'v', epoch: 3 }, clock, 1000, 5000);
    clock.uptime = 5900;
    lease.renewed(5500);
    expect(lease.mayAct()).toBe(true);
    lease.renewed(5100);
    clock.uptime = 6299;
    expect(lease.mayAct()).toBe(true);
    clock.uptime = 6300;
    expect(lease.mayAct()).toBe(false);
  });

  test('never acts again once it is lost', () => {
    const lease = new Lease({ vm: 'v', epoch: 3 }, clockAt(), 1000, 5000);
    lease.check();
    lease.lose();
    lease.renewed(9e9);
    expect(lease.mayAct()).toBe(false);
    expect(lease.letGo.aborted).toBe(true);
    expect(() => lease.check()).toThrow(LeaseLostError);
  });
});
