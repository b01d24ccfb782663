/** Memory that is encrypted on its way between two real libvirt hosts, with certificates that are made here. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Authority, makeAuthority, makeCertificates } from '../lab/certificates.ts';
import { LibvirtBed } from '../lab/libvirt/libvirt-bed.ts';
import type { LibvirtHost } from '../lab/libvirt/libvirt-host.ts';
import { documentFrom } from '../lab/switchover-process.ts';
import { IN_THE_CLEAR } from '../src/hypervisor/stream-tls.ts';
import { expectEnd } from './expectations.ts';

let bed: LibvirtBed;
let folder: string;
let ours: Authority;
let another: Authority;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'switchover-libvirt-tls-'));
  ours = await makeAuthority(path.join(folder, 'ours'), 'the authority of both hosts');
  another = await makeAuthority(path.join(folder, 'another'), 'an authority of nobody');
  bed = await LibvirtBed.make({ workload: { kind: 'idle' }, memoryMiB: 96 });
});
afterAll(async () => {
  await bed?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** In place of those that the host has. */
async function certify({ files, address, name }: LibvirtHost, authority: Authority): Promise<void> {
  const clientName = `O=Lab,CN=${name}`;
  await makeCertificates({ authority, folder: files.certificatesFolder, hosts: [address], clientName });
}

describe('what does not come about leaves the guest on the source', () => {
  afterEach(async () => await bed.verify(bed.source));

  async function fails(says: RegExp, ...args: string[]): Promise<void> {
    const ran = await bed.migrate('--tls', ...args, '--json').ended;
    const document = expectEnd(ran, 4, 'failed', 'source', says);
    expect(document.encrypted).toBe(true);
  }

  test('hosts without certificates', async () => {
    await fails(/Unable to access credentials .*ca-cert\.pem.*; .*migrate_tls_x509_cert_dir/);
  });

  test('an authority that the source does not know', async () => {
    await certify(bed.source, ours);
    await certify(bed.destination, another);
    await fails(/known issuer; the destination's certificate is not signed by/);
  });

  test('a certificate for another host', async () => {
    await certify(bed.destination, ours);
    await fails(
      /does not match the hostname host3\.lab.*; .*--tls-destination/,
      '--tls-destination',
      'host3.lab',
    );
  });

  test('a source that the destination does not let in', async () => {
    for (const file of ['client-cert.pem', 'client-key.pem'])
      await rm(path.join(bed.source.files.certificatesFolder, file));
    // Some of the memory may have been sent before the source hears of it.
    await fails(/(it|where the destination) refuses the source's certificate/);
  });
});

test('moves encrypted, and back in the clear, which is told', async () => {
  for (const host of bed.lab.hosts) await certify(host, ours);
  const sealed = await bed.migrate('--tls', '--json').ended;
  expect(expectEnd(sealed, 0, 'completed', 'destination')).toMatchObject({ encrypted: true });
  expect(sealed.stderr).not.toContain(IN_THE_CLEAR);
  await bed.verify(bed.destination);

  await bed.turnAround();
  const dry = await bed.migrate('--dry-run', '--json').ended;
  expect(JSON.parse(dry.stdout)).toMatchObject({ encrypted: false, warnings: [IN_THE_CLEAR] });
  const plain = await bed.migrate('--json').ended;
  expect(plain.stderr).toContain(IN_THE_CLEAR);
  expect(documentFrom(plain)).toMatchObject({ outcome: 'completed', encrypted: false });
  await bed.verify(bed.destination);
});
