import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { ACCELERATOR_VARIABLE } from './lab/accelerator.ts';
import LongestFirst from './test/longest-first.ts';

/**
 * Groups: what runs in this process, side by side; then what boots real QEMU guests: the quiet ones, three files
 * at a time, then the others, two at a time, because two busy guests fill the two cores that a test machine has. Another one runs on a KVM host only, where
 * `./dev test --kvm` runs it: everything takes long there, so its times are meant to end what hangs, no more.
 */
const KVM = 'test/kvm/**/*.test.ts';
const REAL = ['**/*.real.test.ts', '**/*.qemu.test.ts', 'lab/**/*.test.ts'];
/** Real, and whose guests do next to nothing, so that the emulated KVM host has the time that it needs: three of these files at a time. */
const SIDE_BY_SIDE = [
  'lab/{bed,lab}.test.ts',
  'lab/libvirt/libvirt-lab.test.ts',
  'src/hypervisor/libvirt/**/*.real.test.ts',
  'test/{built,identity,kvm,libvirt-refused,libvirt-tls,old-qemu,refused,tls}.real.test.ts',
];
/** Whose guests are busy: two at a time as well. None of their times is one that a busy machine cannot keep. */
const BUSY_SIDE_BY_SIDE = [
  'test/{blindness,drain,faults,libvirt-faults,one-side,serve,signals,take-over,under-way}.real.test.ts',
  'test/{far,libvirt,watch,brake,migrate,plan,small-limits,streams}.real.test.ts',
  'src/hypervisor/qemu/*.real.test.ts',
  'lab/applications.real.test.ts',
];
/** Real too, and too long for every run: `./dev test --long`. */
const LONG = '**/*.long.test.ts';
/** The configuration of whoever runs the tests has no part in them. */
const ENV = { SWITCHOVER_CONFIG: '/dev/null' };
/** What holds the safety properties: docs/safety.md. */
const HOLD_SAFETY = [
  'src/hypervisor/observer.ts',
  'src/hypervisor/qemu/{qemu-migration,event-dating,lasting-monitor,lasting-state,fence,changed-settings}.ts',
  'src/hypervisor/libvirt/{libvirt-migration,lasting-states}.ts',
  'src/migration/{run,begin,take-over,settle,settle-afterwards,supervisor,cancelling,held-limits,lease}.ts',
];
/** What is waited for comes later on a busy machine; what never comes fails all the same. */
const EXPECT = { poll: { timeout: 20_000 } };
const NEVER = ['**/node_modules/**', 'dist/**', '.cache/**'];

const KVM_PROJECT = {
  test: {
    name: 'kvm',
    env: ENV,
    expect: EXPECT,
    // The second is of control groups of version 2 there.
    include: [KVM, 'src/hypervisor/cpu-quota/*.real.test.ts'],
    exclude: NEVER,
    sequence: { groupOrder: 4 },
    maxWorkers: 1,
    testTimeout: 1_800_000,
    hookTimeout: 1_800_000,
  },
};
const LONG_PROJECT = {
  test: {
    name: 'long',
    env: ENV,
    expect: EXPECT,
    include: [LONG],
    exclude: NEVER,
    sequence: { groupOrder: 5 },
    maxWorkers: 1,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
};
const asksForLong = process.argv.includes('long');
const onKvmHost = process.env[ACCELERATOR_VARIABLE] === 'kvm';

export default defineConfig({
  test: {
    reporters: ['default', './test/count-reporter.ts'],
    sequence: { sequencer: LongestFirst },
    // `./dev test --coverage --project unit`
    coverage: { provider: 'v8', include: HOLD_SAFETY, reporter: ['text'] },
    projects: [
      {
        test: {
          name: 'unit',
          env: ENV,
          expect: EXPECT,
          include: [
            'src/**/*.test.ts',
            'test/**/*.test.ts',
            'lab/guest/*.test.ts',
            'bench/**/*.test.ts',
            'explore/**/*.test.ts',
            'soak/**/*.test.ts',
            'supply/**/*.test.ts',
            'fuzz/**/*.test.ts',
            'web/**/*.test.ts',
          ],
          exclude: [...NEVER, KVM, LONG, '**/*.real.test.ts', '**/*.qemu.test.ts'],
          sequence: { groupOrder: 0 },
          // Many wait for a server or a clock, and leave their core to another.
          maxWorkers: availableParallelism() + 1,
          // Loading the modules anew for each file takes longer than most of the tests do.
          isolate: false,
          unstubEnvs: true,
          // A test that does not come to its end fails; one on a busy machine only takes longer.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'real',
          env: ENV,
          expect: EXPECT,
          include: REAL,
          exclude: [...NEVER, LONG, 'lab/guest/*.test.ts', ...SIDE_BY_SIDE, ...BUSY_SIDE_BY_SIDE],
          sequence: { groupOrder: 1 },
          maxWorkers: 1,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'real, side by side',
          env: ENV,
          expect: EXPECT,
          include: SIDE_BY_SIDE,
          exclude: NEVER,
          sequence: { groupOrder: 2 },
          maxWorkers: 4,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'busy, side by side',
          env: ENV,
          expect: EXPECT,
          include: BUSY_SIDE_BY_SIDE,
          exclude: NEVER,
          sequence: { groupOrder: 3 },
          maxWorkers: 2,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      ...(onKvmHost ? [KVM_PROJECT] : []),
      ...(asksForLong ? [LONG_PROJECT] : []),
    ],
  },
});
