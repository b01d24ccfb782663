import type { Command } from 'commander';
import { databaseOption, dataDirOption } from '../options.ts';
import { addPruneLimits } from './prune.ts';

const EXAMPLES = `
Examples:
  $ switchover store status
  $ switchover store prune --older-than 180d --max-size 2GB --dry-run
  $ switchover store export /var/backups/switchover.jsonl
  $ switchover store import /var/backups/switchover.jsonl
  $ SWITCHOVER_DATABASE=postgres://switchover@db1/switchover switchover store upgrade`;

export function addStoreCommands(root: Command, onStatus: (status: number) => void): void {
  const store = root
    .command('store')
    .summary('look after the database of the service: its tables, its size and its backup')
    .description(
      'The store is a PostgreSQL: one that switchover starts by itself on this machine, or yours (13 or newer) with ' +
        '--database. Journals are written to the state folder, and copied into it by `switchover serve --database`.',
    )
    .addHelpText('after', EXAMPLES);

  add('status', 'tell where the store is, of which version, and what it holds')
    .option('--json', 'print one JSON document')
    .action(async (options) => onStatus(await (await import('../store.ts')).storeStatus(options)));

  add('upgrade', 'bring its tables to the version of this switchover, or make them').action(async (options) =>
    onStatus(await (await import('../store.ts')).storeUpgrade(options)),
  );

  addPruneLimits(add('prune', 'remove old migrations from it, by the rules of `switchover prune`'), {
    olderThan: '365d',
    maxSize: '10GB',
  }).action(async (options) => onStatus(await (await import('../store.ts')).storePrune(options)));

  add('export <file>', 'write all of it into one file, which is the backup').action(async (file, options) =>
    onStatus(await (await import('../store.ts')).storeExport(file, options)),
  );

  add('import <file>', 'take such a file in: all of it, or nothing where a line is damaged').action(
    async (file, options) => onStatus(await (await import('../store.ts')).storeImport(file, options)),
  );

  function add(name: string, summary: string): Command {
    return store
      .command(name)
      .summary(summary)
      .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`)
      .addOption(databaseOption('embedded, or your PostgreSQL, such as postgres://user@host/name'))
      .addOption(dataDirOption())
      .addHelpText('after', EXAMPLES);
  }
}
