/** For `node --import`: at SIGUSR2 the main thread stands still for $SWITCHOVER_TEST_STALL_MS, as in a call that does not come back. */
process.on('SIGUSR2', () => {
  const never = new Int32Array(new SharedArrayBuffer(4));
  Atomics.wait(never, 0, 0, Number(process.env.SWITCHOVER_TEST_STALL_MS));
});
