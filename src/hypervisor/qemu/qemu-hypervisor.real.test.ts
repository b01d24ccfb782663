import { hypervisorContract } from '../hypervisor.contract.ts';
import { qemuBed } from '../testing/contract-beds.ts';

hypervisorContract('QEMU through QMP', () => qemuBed());
