/**
 * The `Idempotency-Key` of one wish. Not by `crypto.randomUUID`: browsers have that only where the page came by HTTPS or from
 * localhost, and a service may be called by its name over plain HTTP.
 */
export function newWishKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}
