/** npm's bill of materials (CycloneDX) without what differs from one run to the next. */
import { createHash } from 'node:crypto';
import { z } from 'zod';

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
