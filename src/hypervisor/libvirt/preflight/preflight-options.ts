import type { Streams } from '../../../model/streams.ts';

/** What was asked for, as far as it decides whether a migration may start. */
export interface PreflightOptions {
  /** `--copy-storage-all`, `--copy-storage-inc` */
  readonly copyStorage: 'none' | 'all' | 'inc';
  /** `--unsafe`: the user knows that the disks are safe. */
  readonly unsafe: boolean;
  /** `--force`: migrate although something is likely to be in the way. */
  readonly force: boolean;
  /** `--migrate-uri`; undefined: as the two libvirts agree. */
  readonly migrateUri?: string | undefined;
  /** Several connections; undefined: one. */
  readonly streams?: Streams | undefined;
  readonly tls: boolean;
  readonly postCopy: boolean;
  /** The user stated the rate of the link. */
  readonly lineRateStated: boolean;
}
