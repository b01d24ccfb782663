/** The page's streams come back by themselves as every program's do. */
export * from '../../../src/client/lasting-stream.ts';
