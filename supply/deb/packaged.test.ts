import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/parse-config.ts';
import { ROOT } from '../npm.ts';
import { packagedUnit, withoutDomains } from './packaged.ts';

const read = (file: string) => fs.readFileSync(path.join(ROOT, 'packaging', file), 'utf8');

describe('the unit', () => {
  const unit = packagedUnit(read('switchover-watch.service'));

  test('runs the program of the package, and says where it is explained', () => {
    expect(unit).toMatch(/^ExecStart=\/usr\/bin\/switchover watch$/m);
    expect(unit).toMatch(/^\[Unit\]\nDocumentation=man:switchover-watch\(1\)/m);
    expect(unit).not.toMatch(/npm|\.\//);
  });

  test('is otherwise the same, setting by setting', () => {
    const settings = (text: string) => text.split('\n').filter((line) => /^[A-Z]\w+=/.test(line));
    const differs = (line: string) => !/^(?:ExecStart|Documentation)=/.test(line);
    expect(settings(unit).filter(differs)).toEqual(
      settings(read('switchover-watch.service')).filter(differs),
    );
  });

  test('that was changed beyond recognition is refused', () =>
    expect(() => packagedUnit('[Unit]\nExecStart=/bin/true\n')).toThrow(/packaged\.ts goes by it/));
});

describe('the configuration', () => {
  test('has all of the example in force but its entries for domains, which are comments', () => {
    const example = parseConfig(read('switchover.toml'), 'example');
    expect(example.domains).not.toEqual([]);
    const ours = withoutDomains(read('switchover.toml'));
    expect(parseConfig(ours, 'example')).toEqual({ ...example, domains: [] });
    expect(ours).toContain('# [[domain]]\n# name = "db-*"\n');
  });

  test('with another table behind them is refused', () => {
    expect(() => withoutDomains('\n[[domain]]\nname = "a"\n[watch]\n')).toThrow(/packaged\.ts goes by it/);
    expect(() => withoutDomains('[watch]\n')).toThrow(/packaged\.ts goes by it/);
  });
});
