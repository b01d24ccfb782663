/** All man pages, from the commands as they are defined. */
import { program } from '../../src/cli/program.ts';
import { OWN_POLICY_NAMES } from '../../src/policy/own-policy-words.ts';
import { VERSION } from '../../src/version.ts';
import { type Manual, manPage, pageName, withSubcommands } from './man-page.ts';

const FILES: Manual['files'] = [
  {
    term: '~/.config/switchover/switchover.toml',
    text: 'the configuration; the first counts that is there. In `$XDG_CONFIG_HOME` in place of `~/.config`, where that is set',
  },
  { term: '/etc/switchover/switchover.toml', text: 'the configuration of the host' },
  {
    term: '~/.local/state/switchover',
    text: 'the journals, a folder for each migration. In `$XDG_STATE_HOME` in place of `~/.local/state`, where that is set',
  },
  {
    term: '~/.cache/switchover/compiled',
    text: 'what Node has compiled, to start quicker; it may be removed at any time',
  },
];

const ENVIRONMENT: Manual['environment'] = [
  { term: 'LIBVIRT_DEFAULT_URI', text: 'the libvirt host, where none is named' },
];

const SEE_ALSO = ['virsh(1)', 'qemu-system-x86_64(1)', 'systemctl(1)'];

/**
 * @param sourceTimeMs when the sources were last changed: the date on the pages
 * @returns `switchover-migrate.1` and so on, each with its source
 */
export async function manPages(sourceTimeMs: number): Promise<ReadonlyMap<string, string>> {
  const date = new Date(sourceTimeMs).toISOString().slice(0, 10);
  const manual: Manual = {
    version: VERSION,
    date,
    files: FILES,
    environment: ENVIRONMENT,
    seeAlso: SEE_ALSO,
  };
  const root = await program(['node', 'switchover'], () => undefined, OWN_POLICY_NAMES);
  return new Map(
    withSubcommands(root).map((command) => [`${pageName(command)}.1`, manPage(command, manual)]),
  );
}
