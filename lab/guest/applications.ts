/**
 * The applications that a guest can run: what of Debian's packages each needs. What they do is in the scripts beside
 * this file, in applications/KIND/: `start`, `load` and `check` in the guest (see application.c), and `prepare`,
 * where there is one, once when the image is built.
 */

/** In the order of the help text. */
export const APPLICATION_KINDS = ['redis', 'memcached', 'pgbench', 'stress-ng', 'compress'] as const;
export type ApplicationKind = (typeof APPLICATION_KINDS)[number];

export interface Application {
  /** Fetched with the libraries that they depend on; a name without its version, as apt knows it. */
  readonly packages: readonly string[];
  /** Packages with a version in their name that those depend on, and which are wanted as well. */
  readonly dependencies?: RegExp;
  /** Programs of the image, as globs below /. Their libraries come with them. */
  readonly programs: readonly string[];
  /** Other files of the image, as globs below /. */
  readonly files?: readonly string[];
  /** Where the guest keeps its records: see stores.c. */
  readonly store: 'redis' | 'memcached' | 'postgres' | 'file';
  /** What `wssMiB` means, and how much it is when nobody says. */
  readonly defaultWssMiB: number;
}

export const APPLICATIONS: Readonly<Record<ApplicationKind, Application>> = {
  redis: {
    packages: ['redis-server', 'redis-tools'],
    programs: ['usr/bin/redis-server', 'usr/bin/redis-cli', 'usr/bin/redis-benchmark'],
    store: 'redis',
    defaultWssMiB: 96,
  },
  memcached: {
    packages: ['memcached', 'libmemcached-tools'],
    programs: ['usr/bin/memcached', 'usr/bin/memcaslap'],
    store: 'memcached',
    defaultWssMiB: 96,
  },
  pgbench: {
    packages: ['postgresql'],
    dependencies: /^postgresql-(client-)?\d+$/,
    programs: ['initdb', 'postgres', 'pgbench', 'psql', 'pg_isready'].map(
      (name) => `usr/lib/postgresql/*/bin/${name}`,
    ),
    files: ['usr/lib/postgresql/*/lib/*.so', 'usr/share/postgresql/*/**'],
    store: 'postgres',
    defaultWssMiB: 32,
  },
  'stress-ng': {
    packages: ['stress-ng'],
    programs: ['usr/bin/stress-ng'],
    store: 'file',
    defaultWssMiB: 96,
  },
  compress: {
    packages: ['xz-utils'],
    programs: ['usr/bin/xz'],
    store: 'file',
    defaultWssMiB: 48,
  },
};

export function isApplication(kind: string): kind is ApplicationKind {
  return Object.hasOwn(APPLICATIONS, kind);
}

/** What stress-ng's worker does with its memory, of the many that `stress-ng --vm-method which` lists. */
export const STRESS_METHODS = [
  'all',
  'flip',
  'galpat-0',
  'gray',
  'incdec',
  'modulo-x',
  'prime-incdec',
  'rand-set',
  'rand-sum',
  'ror',
  'rowhammer',
  'walk-1d',
  'write64',
  'zero-one',
] as const;
export type StressMethod = (typeof STRESS_METHODS)[number];
