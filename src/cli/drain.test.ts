import { describe, expect, test } from 'vitest';
import { drain } from './drain.ts';
import type { DrainOptions } from './drain-options.ts';

const HOST = 'qemu+tcp://127.0.0.1:1/system';
const ASKED: DrainOptions = { plan: true, to: ['qemu:///system'], atATime: 1, order: 'listed' };

describe('bad input gets a sentence', () => {
  test.each<[string, string, Partial<DrainOptions>, RegExp]>([
    ['no --to', HOST, { to: [] }, /^--to is missing: name the hosts/],
    ['itself', HOST, { to: [HOST] }, /is to be emptied, so it is no destination/],
    ['a host twice', HOST, { to: ['qemu:///a', 'qemu:///a'] }, /names a host twice/],
    ['a VM', 'vm1', {}, /"vm1" is no libvirt URI/],
    ['an option', '--connect', {}, /"--connect" is no libvirt URI/],
    ['a QEMU', 'qmp:/run/a', {}, /is the monitor of a QEMU/],
    ['a time that is none', HOST, { deadline: 'soon' }, /write a time of day, like 22:00/],
    ['two deadlines', HOST, { deadline: '22:00', for: 1000 }, /mean the same/],
    ['one VM apart', HOST, { apart: ['db1'] }, /name at least two VMs/],
    ['a calmer moment without a bound', HOST, { startWhen: 'calm' }, /needs a bound: .*--calm-within 2h/],
    ['a bound of no wait', HOST, { calmWithin: 1000 }, /none is waited for: add --start-when calm/],
    ['too many migrate URIs', HOST, { migrateuri: ['tcp://a', 'tcp://b'] }, /give one for each destination/],
  ])('%s', async (_, host, options, says) => {
    await expect(drain(host, { ...ASKED, ...options })).rejects.toThrow(says);
  });
});
