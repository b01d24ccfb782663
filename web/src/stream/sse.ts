/** The page reads its streams as every program does. */
export * from '../../../src/client/sse.ts';
