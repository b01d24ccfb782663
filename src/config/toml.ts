import { parse, TomlError } from 'smol-toml';
import { ConfigError } from './config-error.ts';

/**
 * @param file its name, for the problem
 * @throws {ConfigError} with the line, when it is no TOML
 */
export function parseToml(text: string, file: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [first = ''] = error.message.split('\n');
    const what = first.replace(/^Invalid TOML document: /, '');
    throw new ConfigError([`${file}:${error.line}: this is no TOML: ${what} (column ${error.column})`], {
      cause: error,
    });
  }
}
