import { expect, test } from 'vitest';
import { parseDomainXml } from '../domain/domain-xml.ts';
import { type PreflightParts, questionOf } from './preflight.ts';

const DOMAIN = (inside: string) =>
  `<domain type='kvm'><name>vm1</name><uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid><memory>1024</memory>${inside}<os><type arch='x86_64' machine='pc'>hvm</type></os></domain>`;
const asked = (inside: string, destinationUri = 'qemu:///there') => {
  const domainXml = DOMAIN(inside);
  return questionOf({
    ...{ sourceUri: 'qemu:///here', destinationUri, domainXml, description: parseDomainXml(domainXml) },
    ...{ destinationName: 'vm1', options: {} as PreflightParts['options'] },
  });
};

test('the question is the same once the domain bears our mark: what was found before holds', () => {
  // libvirt sets it on a line of its own.
  const mark = '\n  <metadata><lease xmlns="urn:switchover:lease:1" by="us"/></metadata>';
  expect(asked(mark)).toBe(asked(''));
});

test('the question is another for another domain, or another host', () => {
  expect(asked('<devices><emulator>/usr/bin/other</emulator></devices>')).not.toBe(asked(''));
  expect(asked('', 'qemu:///elsewhere')).not.toBe(asked(''));
});
