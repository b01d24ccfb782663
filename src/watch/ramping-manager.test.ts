import { expect, test } from 'vitest';
import { rampingManager } from './ramping-manager.ts';

test('managers that raise their limits by steps are known by what they leave in a domain', () => {
  expect(rampingManager(['urn:switchover:domain:1', 'http://openstack.org/xmlns/libvirt/nova/1.1'])).toBe(
    'OpenStack Nova',
  );
  expect(rampingManager(['http://ovirt.org/vm/tune/1.0', 'http://ovirt.org/vm/1.0'])).toBe('oVirt');
  expect(rampingManager(['http://libosinfo.org/xmlns/libvirt/domain/1.0'])).toBeUndefined();
  expect(rampingManager([])).toBeUndefined();
});
