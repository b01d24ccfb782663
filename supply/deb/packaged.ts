/** The systemd units and the configuration as the Debian package has them. Pure. */

/** Each runs the command of its name. */
export const UNITS = ['watch', 'serve'] as const;
type Unit = (typeof UNITS)[number];

export function unitName(unit: Unit): string {
  return `switchover-${unit}.service`;
}

const PAGE = '../SECURITY.md';
const SECTION = '\n[Unit]\n';
const KEPT_FROM: Readonly<Record<Unit, string>> = {
  watch: '# It runs as root,',
  serve: '# Where it listens,',
};

/**
 * With the package's own program, whatever is in /usr/local, and without how to install by npm.
 * @param text as packaging/ has it @throws {Error} where it is no longer the text that this knows
 */
export function packagedUnit(unit: Unit, text: string): string {
  const program = `ExecStart=switchover ${unit}`;
  const keptFrom = KEPT_FROM[unit];
  for (const part of [`\n${program}`, keptFrom, PAGE, SECTION])
    if (!text.includes(part))
      throw new Error(`the unit has no ${JSON.stringify(part)}: supply/deb/packaged.ts goes by it`);
  const kept = text.slice(text.indexOf(keptFrom));
  return `${headOf(unit)}${kept}`
    .replace(`\n${program}`, `\nExecStart=/usr/bin/switchover ${unit}`)
    .replace(PAGE, '/usr/share/doc/switchover/SECURITY.md.gz')
    .replace(SECTION, `${SECTION}Documentation=man:switchover-${unit}(1) man:switchover-config(1)\n`);
}

function headOf(unit: Unit): string {
  const example = unit === 'serve' ? EXAMPLE : '';
  return `# \`switchover ${unit}\` as a service. The package starts it never by itself:
#
#   switchover config check
${example}#   systemctl enable --now switchover-${unit}
#
# Change it with \`systemctl edit switchover-${unit}\`, which leaves this file alone.
#
`;
}

const EXAMPLE = '#   install -m 600 /usr/share/doc/switchover/examples/serve.env /etc/switchover/\n';

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
