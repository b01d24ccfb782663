import { describe, expect, test } from 'vitest';
import { type RollOptions, rollHosts } from './roll.ts';

const [ONE, TWO, THREE] = ['1', '2', '3'].map((at) => `qemu+tcp://127.0.0.${at}:1/system`) as [
  string,
  string,
  string,
];

describe('bad input gets a sentence, and nothing is opened', () => {
  test.each<[string, RollOptions, RegExp]>([
    ['no host', {}, /^--hosts is missing: name the hosts/],
    [
      'one without another',
      { hosts: [ONE] },
      /there is no host that the VMs of .* could go to: name more --hosts, or --to/,
    ],
    ['a host twice', { hosts: [ONE, TWO], to: [ONE] }, /name a host twice/],
    [
      'a host that the others cannot reach',
      { hosts: [ONE, 'qemu:///system'] },
      /the other hosts cannot reach qemu:\/\/\/system/,
    ],
    ['a VM', { hosts: [ONE, 'vm1'] }, /"vm1" is no libvirt URI/],
    ['all away at once', { hosts: [ONE, TWO], maxUnavailable: 2 }, /of 2 hosts 2 cannot be away at a time/],
    ['a beginning that is none of them', { hosts: [ONE, TWO], from: THREE }, /^--from .* is none of --hosts/],
    [
      'too few migrate URIs',
      { hosts: [ONE, TWO], migrateuri: ['tcp://a'] },
      /there are 2 hosts and 1 --migrateuri/,
    ],
    [
      'questions without a terminal',
      { hosts: [ONE, TWO], approveEach: true },
      /--approve-each asks on a terminal/,
    ],
    ['limits that contradict', { hosts: [ONE, TWO], downtime: 2000, maxDowntime: 1000 }, /is longer than/],
  ])('%s', async (_, options, says) => {
    await expect(rollHosts({ ...options, stateDir: '/no/such' })).rejects.toThrow(says);
  });
});
