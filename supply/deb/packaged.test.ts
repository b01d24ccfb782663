import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { program } from '../../src/cli/program.ts';
import { parseConfig } from '../../src/config/parse-config.ts';
import { ROOT } from '../npm.ts';
import { packagedUnit, UNITS, unitName, withoutDomains } from './packaged.ts';

const read = (file: string) => fs.readFileSync(path.join(ROOT, 'packaging', file), 'utf8');

describe.each(UNITS)('the unit of %s', (which) => {
  const unit = packagedUnit(which, read(unitName(which)));
  const settings = (text: string) => text.split('\n').filter((line) => /^[A-Z]\w+=/.test(line));

  test('runs the program of the package, and says where it is explained', () => {
    expect(unit).toMatch(new RegExp(`^ExecStart=/usr/bin/switchover ${which}( \\$SERVE_OPTIONS)?$`, 'm'));
    expect(unit).toMatch(new RegExp(`^\\[Unit\\]\nDocumentation=man:switchover-${which}\\(1\\)`, 'm'));
    expect(unit).not.toMatch(/npm|\.\//);
  });

  test('is otherwise the same, setting by setting', () => {
    const differs = (line: string) => !/^(?:ExecStart|Documentation)=/.test(line);
    expect(settings(unit).filter(differs)).toEqual(settings(read(unitName(which))).filter(differs));
  });

  test('that was changed beyond recognition is refused', () =>
    expect(() => packagedUnit(which, '[Unit]\nExecStart=/bin/true\n')).toThrow(/packaged\.ts goes by it/));
});

test('serve is kept in as watch is, but for the user namespace of its own database', () => {
  const kept = (which: 'watch' | 'serve') => {
    const text = read(unitName(which));
    const settings = text.slice(text.indexOf('ProtectSystem='), text.indexOf('[Install]'));
    return settings.split('\n').filter((line) => /^[A-Z]\w+=/.test(line));
  };
  expect(kept('watch').length).toBeGreaterThan(20);
  expect(kept('serve')).toEqual(
    kept('watch').map((line) => (line === 'RestrictNamespaces=yes' ? 'RestrictNamespaces=user' : line)),
  );
});

describe('what serve is started with', () => {
  /** Each setting in it, as systemd would read it without the comment's sign. */
  const settings = read('serve.env')
    .split('\n')
    .flatMap((line) => /^# ([A-Z_]+)=(\S.*)$/.exec(line)?.slice(1, 3) ?? []);

  test('is all comments, and each setting is one that `switchover serve` has', async () => {
    expect(read('serve.env')).not.toMatch(/^[^#\n]/m);
    const root = await program(['node', 'switchover'], () => {}, []);
    const serve = root.commands.find((each) => each.name() === 'serve');
    const [names, values] = [
      settings.filter((_, at) => at % 2 === 0),
      settings.filter((_, at) => at % 2 === 1),
    ];
    const known = serve?.options.flatMap(({ envVar }) => envVar ?? []) ?? [];
    expect(names.filter((name) => !['SERVE_OPTIONS', ...known].includes(name))).toEqual([]);
    expect(names.length).toBeGreaterThan(4);
    const flags = (values[0] ?? '').split(' ').filter((word) => word.startsWith('--'));
    expect(flags.length).toBeGreaterThan(0);
    expect(flags.filter((flag) => !serve?.options.some(({ long }) => long === flag))).toEqual([]);
  });
});

describe('the configuration', () => {
  test('has all of the example in force but its entries for domains, which are comments', () => {
    const example = parseConfig(read('switchover.toml'), 'example');
    expect(example.domains).not.toEqual([]);
    const ours = withoutDomains(read('switchover.toml'));
    expect(parseConfig(ours, 'example')).toEqual({
      ...example,
      domains: [],
      drain: { ...example.drain, notices: undefined },
    });
    expect(ours).toContain('# [[domain]]\n# name = "db-*"\n');
  });

  test('with another table behind them is refused', () => {
    expect(() => withoutDomains('\n[[domain]]\nname = "a"\n[watch]\n')).toThrow(/packaged\.ts goes by it/);
    expect(() => withoutDomains('[watch]\n')).toThrow(/packaged\.ts goes by it/);
  });
});
