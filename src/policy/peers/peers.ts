/** Every peer by its name: the convergence rules of other systems, to be compared with ours on one guest. */
import { cloudHypervisor } from './cloud-hypervisor.ts';
import { cloudstack } from './cloudstack.ts';
import { hyperV } from './hyper-v.ts';
import { incus } from './incus.ts';
import { kubevirt } from './kubevirt.ts';
import { kubevirtDowntimeRamp } from './kubevirt-downtime-ramp.ts';
import { kubevirtStallDetector } from './kubevirt-stall-detector.ts';
import { nova, novaForceComplete } from './nova.ts';
import {
  ovirtLegacy,
  ovirtMinimalDowntime,
  ovirtPostCopy,
  ovirtSuspendWorkload,
  ovirtVeryLargeVms,
} from './ovirt.ts';
import type { PeerEntry } from './peer.ts';
import { proxmox } from './proxmox.ts';
import { rateOfChange } from './rate-of-change.ts';
import { virshTimeout, virshTimeoutPostCopy } from './virsh-timeout.ts';
import { xen } from './xen.ts';

export const PEERS: Readonly<Record<string, PeerEntry>> = Object.fromEntries(
  [
    cloudHypervisor,
    cloudstack,
    hyperV,
    incus,
    kubevirt,
    kubevirtDowntimeRamp,
    kubevirtStallDetector,
    nova,
    novaForceComplete,
    ovirtLegacy,
    ovirtMinimalDowntime,
    ovirtPostCopy,
    ovirtSuspendWorkload,
    ovirtVeryLargeVms,
    proxmox,
    rateOfChange,
    virshTimeout,
    virshTimeoutPostCopy,
    xen,
  ].map((peer) => [peer.name, peer]),
);
