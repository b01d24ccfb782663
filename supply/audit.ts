/**
 * `./dev audit`: is what is installed what was locked, from a registry, signed by it, and without a known weakness?
 * What the registry does not answer is said, and is no finding; what the lock files themselves show needs no registry. Exit 1 on a finding.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { noOptions, runCommand } from '../lab/dev-command.ts';
import { shown } from '../src/model/shown.ts';
import { type Answer, signatures, vulnerabilities } from './answers.ts';
import { installedFindings, type LockFile, lockFindings, parseLock } from './lock.ts';
import { NODE_FOLDER, npm, ROOT } from './npm.ts';

/** A lock file, and where ./dev installs it. */
const PROJECTS = [
  { lockFile: 'package-lock.json', installed: ROOT },
  { lockFile: 'lab/node/package-lock.json', installed: NODE_FOLDER },
];

/** What does not answer at once is not asked again: it would take minutes to say so. */
const ONCE = ['--fetch-retries=0', '--fetch-timeout=30000'];

const HELP = `./dev audit

Is what is installed what was locked, from a registry, signed by it, and without a known weakness? What the registry does
not answer is said, and is no finding. Exits 1 on a finding.
  ./dev audit
`;

const found: string[] = [];
process.exitCode = await runCommand({ name: 'audit', help: HELP }, noOptions(), async () => {
  for (const { lockFile, installed } of PROJECTS) await audit(lockFile, installed);
  for (const finding of found) say(`FOUND ${finding}`);
  return found.length > 0 ? 1 : 0;
});

async function audit(lockFile: string, installed: string): Promise<void> {
  const lock = parseLock(readFileSync(path.join(ROOT, lockFile), 'utf8'));
  const names = Object.entries(lock.packages).filter(([place]) => place !== '');
  const withScript = names.filter(([, { hasInstallScript }]) => hasInstallScript).map(([place]) => place);
  const scripts =
    withScript.length === 0 ? 'none has' : `${withScript.length} (${withScript.join(', ')}) have`;
  tell(
    lockFile,
    lockFindings(lock),
    `${names.length} packages, each held to a version of the registry and a sha512 hash; ${scripts} an install script, and ./dev runs none`,
  );
  const record = path.join(installed, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) {
    say(`${lockFile}: not installed here, so neither compared nor checked for signatures`);
    return;
  }
  tell(lockFile, await installationFindings(lock, installed, record), 'what is installed is what it names');
  const signed = await npm(['audit', 'signatures', '--json', ...ONCE], installed);
  tellAnswer(lockFile, signatures(signed.stdout), {
    clean: 'the registry has signed every installed package',
    unanswered: 'signatures are not checked: the registry, or the keys to check by, cannot be had here',
  });
  const weak = await npm(['audit', '--json', ...ONCE], installed);
  tellAnswer(lockFile, vulnerabilities(weak.stdout), {
    clean: 'no known weakness in any package',
    unanswered: 'known weaknesses are not looked up: the registry does not answer that here',
  });
}

async function installationFindings(lock: LockFile, installed: string, record: string): Promise<string[]> {
  const { stdout, stderr } = await npm(['ls', '--all', '--json'], installed);
  if (!stdout.startsWith('{')) return [`npm ls does not tell what is installed: ${stderr.trim()}`];
  const { problems = [] } = JSON.parse(stdout) as { readonly problems?: readonly string[] };
  return [
    ...installedFindings(lock, parseLock(readFileSync(record, 'utf8'))),
    // npm calls so also what an optional package for other machines would need; what nobody locked is found above.
    ...problems.filter((problem) => !problem.startsWith('extraneous: ')),
  ];
}

function tellAnswer(
  lockFile: string,
  answer: Answer,
  words: { readonly clean: string; readonly unanswered: string },
): void {
  if (answer.kind === 'unanswered') say(`${lockFile}: ${words.unanswered} (${answer.reason})`);
  else tell(lockFile, answer.kind === 'findings' ? answer.findings : [], words.clean);
}

function tell(lockFile: string, findings: readonly string[], clean: string): void {
  if (findings.length === 0) say(`${lockFile}: ${clean}`);
  found.push(...findings.map((finding) => `${lockFile}: ${finding}`));
}

function say(sentence: string): void {
  process.stdout.write(`${shown(sentence)}\n`);
}
