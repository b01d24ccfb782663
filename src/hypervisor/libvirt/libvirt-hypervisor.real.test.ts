import { hypervisorContract } from '../hypervisor.contract.ts';
import { libvirtBed } from '../testing/contract-beds.ts';

hypervisorContract('libvirt through virsh', () => libvirtBed());
