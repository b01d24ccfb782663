/** A command as a script for /bin/sh. */

/** @param command each word is taken as it is */
export function shellScript(
  folder: string,
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
): string {
  const exports = Object.entries(environment).map(([name, value]) => `export ${name}=${quoted(value)}`);
  return [`cd ${quoted(folder)} || exit`, ...exports, `exec ${command.map(quoted).join(' ')}`, ''].join('\n');
}

/** One word of a shell's line, whatever is in it. */
export function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
