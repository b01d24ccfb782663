/** npm's bill of materials (CycloneDX) without what differs from one run to the next. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { LockedNode } from './locked-node.ts';

const Bill = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  serialNumber: z.string(),
  metadata: z.looseObject({ timestamp: z.string() }),
});

/**
 * @param bill as npm prints it
 * @param sourceTimeMs when the sources were last changed, in place of now; undefined: no time is named
 * @throws {Error} where it is no such bill
 */
export function billOfMaterials(bill: unknown, sourceTimeMs: number | undefined): object {
  const { serialNumber, metadata, ...rest } = Bill.parse(bill);
  const { timestamp, ...about } = metadata;
  const time = sourceTimeMs === undefined ? {} : { timestamp: new Date(sourceTimeMs).toISOString() };
  const fixed = { ...rest, metadata: { ...time, ...about } };
  return { serialNumber: serialNumberOf(fixed), ...fixed };
}

/** Of what brings its Node with it. @param bill as npm prints it */
export function withNode(bill: unknown, { name, version, integrity }: LockedNode): object {
  const { components, ...rest } = z.looseObject({ components: z.array(z.unknown()) }).parse(bill);
  const content = Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex');
  const component = {
    'bom-ref': `${name}@${version}`,
    type: 'platform',
    name,
    version,
    scope: 'required',
    purl: `pkg:npm/${name}@${version}`,
    // Of the package of npm that the program was taken from, as it is.
    hashes: [{ alg: 'SHA-512', content }],
    licenses: [{ license: { id: 'MIT' } }],
  };
  return { ...rest, components: [...components, component] };
}

/** A UUID of the content: a bill of another content has another (RFC 9562, version 8). */
function serialNumberOf(content: object): string {
  const digest = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  const variant = ((Number.parseInt(digest.slice(16, 17), 16) & 3) | 8).toString(16);
  const parts = [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `8${digest.slice(13, 16)}`,
    `${variant}${digest.slice(17, 20)}`,
    digest.slice(20, 32),
  ];
  return `urn:uuid:${parts.join('-')}`;
}
