import { findConfig, loadConfig, usualPlaces } from '../config/config-file.ts';

/**
 * `switchover config check [FILE]`. @returns the exit status
 * @throws {ConfigError} with every problem of the file
 */
export function configCheck(
  given: string | undefined,
  options: { readonly config?: string | undefined },
): number {
  const config = given === undefined ? findConfig(options.config) : loadConfig(given);
  process.stdout.write(
    config.file === undefined
      ? `there is no configuration, so everything is built in; looked for ${usualPlaces().join(' and ')}\n`
      : `${config.file} is right: ${counted(config.domains.length)}, hosts ${config.watch.connect.join(', ')}\n`,
  );
  return 0;
}

function counted(entries: number): string {
  return entries === 1 ? '1 domain entry' : `${entries} domain entries`;
}
