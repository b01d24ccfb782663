import { expect, test } from 'vitest';
import { domainAddress } from '../address.ts';
import { fakeHost, TEST_HOST, TEST_UUID } from '../virsh/testing/fake-virsh.ts';
import { lookUpDomain, uuidOf } from './domain.ts';

const VICTIM = `case "$4" in
  domuuid) echo ${TEST_UUID} ;;
  domname) echo victim ;;
  domstate) echo 'running (booted)' ;;
  domjobinfo) echo 'Job type: 0' ;;
  help) echo 'domjobinfo <domain> [--rawstats]' ;;
  dumpxml) echo "<domain type='kvm'><name>victim</name><uuid>${TEST_UUID}</uuid><memory>1024</memory><os><type arch='x86_64'>hvm</type></os></domain>" ;;
esac`;

test('a domain is known by its UUID from its name on', async () => {
  expect(await uuidOf({ uri: TEST_HOST, domain: 'test' })).toBe(TEST_UUID);
  expect(await uuidOf({ uri: TEST_HOST, domain: TEST_UUID })).toBe(TEST_UUID);
});

// Audit 15: virsh takes "1" for the id of a running domain before it looks at names.
test('a number that virsh takes for the id of another domain is refused in one sentence', async () => {
  await expect(uuidOf({ uri: TEST_HOST, domain: '1' })).rejects.toMatchObject({
    code: 'no-domain',
    message: expect.stringMatching(
      /^test:\/\/\/default: virsh takes "1" for another domain, .*"test".*by its UUID/,
    ),
  });
  await expect(lookUpDomain(domainAddress(TEST_HOST, '1'))).rejects.toMatchObject({ code: 'no-domain' });
});

test('a number that is the name is taken', async () => {
  fakeHost(`[ $4 = domuuid ] && echo ${TEST_UUID}; [ $4 = domname ] && echo 007; exit 0`);
  expect(await uuidOf({ uri: 'qemu:///fake', domain: '007' })).toBe(TEST_UUID);
});

test('whatever the name, the one in the XML must be it', async () => {
  fakeHost(VICTIM);
  await expect(lookUpDomain(domainAddress('qemu:///fake', 'vm1'))).rejects.toMatchObject({
    code: 'no-domain',
    message: expect.stringContaining('"victim"'),
  });
  expect((await lookUpDomain(domainAddress('qemu:///fake', 'victim'))).facts).toMatchObject({
    name: 'victim',
  });
  expect((await lookUpDomain(domainAddress('qemu:///fake', TEST_UUID))).uuid).toBe(TEST_UUID);
});
