import { expect, test } from 'vitest';
import {
  changelog,
  controlFile,
  copyright,
  debianArchitecture,
  debianVersion,
  md5sumsFile,
} from './control.ts';

const ABOUT = { name: 'switchover', version: '1.2.0', timeMs: Date.UTC(2026, 10, 29, 14, 5) };

test('a candidate sorts before its release, as dpkg compares', () => {
  expect(debianVersion('1.2.0')).toBe('1.2.0-1');
  expect(debianVersion('1.2.0-rc.1')).toBe('1.2.0~rc.1-1');
});

test('architectures are called as Debian calls them, and others are refused', () => {
  expect(debianArchitecture('x64')).toBe('amd64');
  expect(debianArchitecture('arm64')).toBe('arm64');
  expect(() => debianArchitecture('riscv64')).toThrow(/no Debian package for riscv64/);
});

test('the control file is one that dpkg takes: a field a line, the description indented, the size in KiB', () => {
  const control = controlFile(ABOUT, 'x64', 2049);
  expect(control).toMatch(
    /^Package: switchover\nVersion: 1\.2\.0-1\nArchitecture: amd64\nMaintainer: .+ <.+@.+>\n/,
  );
  expect(control).toContain('\nInstalled-Size: 3\n');
  expect(control).toMatch(/\nDepends: libc6 \(>= 2\.28\)/);
  const [, description = ''] = control.split('\nDescription: ');
  for (const line of description.trimEnd().split('\n').slice(1)) expect(line).toMatch(/^ \S.{0,78}$/);
});

test('the changelog has the time of the sources, whatever the time zone here', () => {
  expect(changelog(ABOUT)).toMatch(
    /^switchover \(1\.2\.0-1\) unstable; urgency=medium\n\n {2}\* .+\n\n -- .+ <.+> {2}Sun, 29 Nov 2026 14:05:00 \+0000\n$/,
  );
});

test('each part has its licence, and where to read it', () => {
  const text = copyright([{ name: 'zod', version: '4.0.0', license: 'MIT', place: '/usr/lib/x' }]);
  expect(text).toContain('/usr/share/common-licenses/Apache-2.0');
  expect(text).toContain('zod 4.0.0\n  Licence: MIT; in full in /usr/lib/x\n');
});

test('sums are as md5sum -c reads them', () =>
  expect(md5sumsFile(new Map([['usr/bin/a', 'f'.repeat(32)]]))).toBe(`${'f'.repeat(32)}  usr/bin/a\n`));
