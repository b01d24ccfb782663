/** The systemd unit and the configuration as the Debian package has them. Pure. */

const PROGRAM = 'ExecStart=switchover watch\n';
const KEPT_FROM = '# It runs as root,';
const PAGE = '../SECURITY.md';

const HEAD = `# \`switchover watch\` as a service. The package starts it never by itself:
#
#   switchover config check
#   systemctl enable --now switchover-watch
#
# Change it with \`systemctl edit switchover-watch\`, which leaves this file alone.
#
`;

/**
 * With the package's own program, whatever is in /usr/local, and without how to install by npm.
 * @param unit as packaging/ has it @throws {Error} where it is no longer the text that this knows
 */
export function packagedUnit(unit: string): string {
  for (const part of [PROGRAM, KEPT_FROM, PAGE, '\n[Unit]\n'])
    if (!unit.includes(part))
      throw new Error(`the unit has no ${JSON.stringify(part)}: supply/deb/packaged.ts goes by it`);
  const kept = unit.slice(unit.indexOf(KEPT_FROM));
  return `${HEAD}${kept}`
    .replace(PROGRAM, 'ExecStart=/usr/bin/switchover watch\n')
    .replace(PAGE, '/usr/share/doc/switchover/SECURITY.md.gz')
    .replace('\n[Unit]\n', '\n[Unit]\nDocumentation=man:switchover-watch(1) man:switchover-config(1)\n');
}

const DOMAIN = '\n[[domain]]\n';

/**
 * As a file that is in force where it lies: the example's entries for domains are comments, because nobody's `test-*` is to be
 * ignored for having installed a package.
 * @param toml as packaging/ has it @throws {Error} where it has no such entries, or another table behind them
 */
export function withoutDomains(toml: string): string {
  const from = toml.indexOf(DOMAIN) + 1;
  const entries = toml.slice(from);
  if (from === 0 || /^\[(?!\[domain\]\])/m.test(entries))
    throw new Error(
      'the example configuration does not end in [[domain]] entries: supply/deb/packaged.ts goes by it',
    );
  return toml.slice(0, from) + entries.replaceAll(/^(?=[^#\n])/gm, '# ');
}
