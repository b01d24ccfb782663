import { expect, test } from 'vitest';
import { problemsIn } from './console.ts';

test('a healthy console has no problems', () => {
  const healthy = `[    0.000000] Linux version 6.1.0-56-cloud-amd64 (debian-kernel@lists.debian.org)
[    0.121000] Unknown kernel command line parameters "workload=loop wss_mib=128", will be passed to user space.
[    1.800000] clocksource: timekeeping watchdog on CPU0: Marking clocksource 'tsc' as unstable\n`;
  expect(problemsIn(healthy)).toEqual([]);
});

test.each([
  '[    9.1] Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b',
  '[    9.1] BUG: unable to handle page fault for address: ffffb2',
  '[    9.1] kernel BUG at lib/list_debug.c:30!',
  '[    9.1] list_add corruption. prev->next should be next',
  '[    9.1] general protection fault, probably for non-canonical address 0xdead000000000122',
  '[    9.1] Oops: 0002 [#1] PREEMPT SMP NOPTI',
  '[    9.1] init[1]: segfault at 0 ip 0000000000401d2a',
  '[   39.1] watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [init:1]',
  'workload: wss_mib=x is not a whole number',
])('"%s" is a problem', (line) => {
  expect(problemsIn(`[    0.1] fine\r\n${line}\r\n`)).toEqual([line]);
});
