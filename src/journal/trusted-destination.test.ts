import { expect, test } from 'vitest';
import { trustedDestination } from './trusted-destination.ts';

test.each([
  'qmp:/run/vm1.sock',
  'qmp:vm1.sock',
  'qemu:///system#vm1',
  'qemu+ssh://root@host2/system#vm1',
  'qemu+tls://host2.example:16514/system#vm 1?x=y',
  'qemu+libssh2://[fd00::2]/system#vm1',
])('%s is used as it is', (address) => expect(trustedDestination(address)).toBe(address));

// Audit 16: a planted journal with the first of these ran the program as root.
test.each([
  'qemu+ext:///system?command=/tmp/program#vm1',
  'qemu+ext://host/system#vm1',
  'qemu+ssh://host/system?netcat=/tmp/program#vm1',
  'qemu+ssh://host/system?socket=/tmp/s#vm1',
  'qemu+ssh://-oProxyCommand=program/system#vm1',
  'qemu+ssh://root@-oProxyCommand=program/system#vm1',
  'qemu+other://host/system#vm1',
  'QEMU+EXT://host/system#vm1',
  'qemu:///system',
  'qemu:///system#',
  'qmp:',
  'qmp:/run/a\n.sock',
  'qemu:///system#vm\u0000',
  '/run/vm1.sock',
  'exec:/tmp/program',
  '',
])('%j is not used', (address) => expect(trustedDestination(address)).toBeUndefined());
