import { expect, test } from 'vitest';
import { leavesHost } from './stream-tls.ts';

test.each([
  ['tcp:10.77.0.2:4444', true],
  ['tcp:host2.example:4444', true],
  ['tcp:localhost.example:4444', true],
  ['tcp:[2001:db8::2]:4444', true],
  ['tcp://10.77.0.2', true],
  ['tcp://host2:49152', true],
  ['rdma:10.77.0.2:4444', true],
  ['tcp:127.0.0.1:4444', false],
  ['tcp:localhost:4444', false],
  ['tcp:[::1]:4444', false],
  ['tcp://127.0.0.1:49152', false],
  ['unix:/run/migrate.sock', false],
  ['unix:///run/migrate.sock', false],
  ['file:/var/tmp/vm1', false],
  ['exec:cat > /var/tmp/vm1', undefined],
  ['fd:migrate', undefined],
])('whether %s leaves the host: %s', (uri, leaves) => expect(leavesHost(uri)).toBe(leaves));
