/**
 * Incus: auto-converge from 50 % on, then it waits, for ever. The downtime limit is left as QEMU has it.
 *
 * Source: internal/server/instance/drivers/driver_qemu.go and qmp/commands.go `MigrateWait` (2026-08-22).
 */
import { QEMU_DEFAULT_DOWNTIME_MS } from '../../model/qemu-constants.ts';
import { goOn } from './decisions.ts';
import { definePeer } from './peer.ts';

const WAIT = goOn('it waits for QEMU to end');

export const incus = definePeer({
  name: 'incus',
  summary: 'Incus: slows the guest down from 50 % on and waits; no timeout',
  source: 'https://github.com/lxc/incus/blob/main/internal/server/instance/drivers/driver_qemu.go',
  startsWith: { autoConverge: { initialPercent: 50, incrementPercent: 10, triggerThresholdPercent: 20 } },
  parameters: {},
  begin: () => ({ initialDowntimeLimitMs: QEMU_DEFAULT_DOWNTIME_MS, observe: () => WAIT }),
});
