/** @returns what it settles to, or undefined once the time is over: a disk may never answer */
export async function within<T>(ms: number, doing: Promise<T>): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), ms);
  try {
    return await Promise.race([doing, promise]);
  } finally {
    clearTimeout(timer);
  }
}
