import { expect, test } from 'vitest';
import { realPackages } from './debian-packages.ts';

test('reads the packages of a dependency tree, without virtual and foreign ones', () => {
  const tree = `redis-server
  Depends: redis-tools
 |Depends: libsystemd0
  Depends: <debconf-2.0>
    cdebconf
<debconf-2.0>
libstdc++6
libevent-2.1-7
libc6:i386
`;
  expect(realPackages(tree)).toEqual(['redis-server', 'libstdc++6', 'libevent-2.1-7']);
});
