/** Above a forecast, as a fraction: what was needed once is needed again with some spread. */
const ROOM = 0.25;

/** A limit that lets something of that duration pass, and a little more. @returns milliseconds */
export function roomyLimitMs(neededMs: number): number {
  return limitOf(neededMs * (1 + ROOM));
}

/** The next limit from there on, in steps that people use. @returns milliseconds */
export function limitOf(ms: number): number {
  const step = ms < 1000 ? 50 : 500;
  return Math.ceil(ms / step) * step;
}
