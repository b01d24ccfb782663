const STEPS_EVERY_MS = 200;

/** From now on the clock of the day of this process goes to and fro. @param byMs nothing is done for 0 */
export function stepDateToAndFro(byMs: number): void {
  if (byMs === 0) return;
  const realNow = Date.now;
  let stepMs = 0;
  Date.now = () => realNow() + stepMs;
  setInterval(() => {
    stepMs = stepMs === 0 ? byMs : 0;
  }, STEPS_EVERY_MS).unref();
}
