import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RefusedError } from '../hypervisor.ts';
import { domainAddress, parseDomainAddress } from './address.ts';

test('a URI and a name, whatever the name holds', () => {
  const uri = fc.string({ minLength: 1 }).filter((text) => !text.includes('#'));
  fc.assert(
    fc.property(uri, fc.string({ minLength: 1 }), (uri, domain) => {
      expect(parseDomainAddress(domainAddress(uri, domain))).toEqual({ uri, domain });
    }),
  );
});

test('a name with a # of its own', () => {
  expect(parseDomainAddress('qemu:///system#a#b')).toEqual({ uri: 'qemu:///system', domain: 'a#b' });
});

test.each(['', 'vm1', '#vm1', 'qemu:///system', 'qemu:///system#', '#'])('%j is none', (address) => {
  expect(() => parseDomainAddress(address)).toThrow(RefusedError);
  expect(() => parseDomainAddress(address)).toThrow(/write it like qemu:\/\/\/system#vm1/);
  expect(() => parseDomainAddress(address)).toThrow(expect.objectContaining({ code: 'bad-address' }));
});
