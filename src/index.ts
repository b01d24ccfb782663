/** What the package offers to programs: the port and its drivers, the policies, the supervisor, the journal. */
export type * from './hypervisor/hypervisor.ts';
export { RefusedError, TooLateError } from './hypervisor/hypervisor.ts';
export { domainAddress } from './hypervisor/libvirt/address.ts';
export { LibvirtHypervisor, type LibvirtOptions } from './hypervisor/libvirt/libvirt-hypervisor.ts';
export { QemuHypervisor } from './hypervisor/qemu/qemu-hypervisor.ts';
export { documentOf, type MigrationDocument, migrationDocumentSchema } from './journal/document.ts';
export { FolderJournals } from './journal/folder/folder-journals.ts';
export type {
  GuestRecord,
  Happening,
  Intent,
  JournalEntry,
  JournalSink,
  Opened,
  Settings,
} from './journal/journal-entry.ts';
export { JournalError } from './journal/journal-error.ts';
export { type JournalStore, type JournalWriter, sinkOf } from './journal/journal-store.ts';
export type { Outcome } from './journal/outcome.ts';
export { stateDirectory } from './journal/state-directory.ts';
export { type MigrationView, viewOf } from './journal/view.ts';
export { Supervisor } from './migration/supervisor.ts';
export type * from './model/observation.ts';
export { PassMeter } from './model/passes.ts';
export { choosePolicy, POLICIES, PolicyError } from './policy/policies.ts';
export type * from './policy/policy.ts';
