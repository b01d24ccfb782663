import { switchover } from '../../lab/switchover-process.ts';

let known: Promise<boolean> | undefined;

/** Whether this switchover can be told how long it tries a lost monitor again. */
export async function knowsReconnectFor(): Promise<boolean> {
  known ??= switchover('migrate', '--help').then(({ stdout }) => stdout.includes('--reconnect-for'));
  return await known;
}
