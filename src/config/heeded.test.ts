/** Audit 24: whoever may write a guest's metadata set the host's policy. */
import { describe, expect, test } from 'vitest';
import { parseConfig } from './parse-config.ts';
import { settingsFor } from './settings-for.ts';

const REST = `
[defaults]
max-downtime = "4s"
[[domain]]
class = "batch"
max-downtime = "30s"
`;

function settingsUnder(toml: string, metadata: Record<string, string>) {
  return settingsFor(parseConfig(toml + REST, 'f.toml'), { name: 'web', metadata });
}

const GREEDY = { 'max-downtime': '2000s', 'over-budget': 'post-copy', ignore: 'yes' };

describe('the file says how far metadata is heeded', () => {
  test('all of it where nothing is said', () => {
    expect(settingsUnder('', GREEDY)).toMatchObject({
      problems: [],
      settings: { maxDowntimeMs: 2_000_000, overBudget: 'post-copy', ignore: true },
    });
  });

  test('class-only: a class of the file counts, all else is left out and told', () => {
    expect(settingsUnder('[watch]\nmetadata = "class-only"', { ...GREEDY, class: 'batch' })).toMatchObject({
      problems: [
        'domain web: max-downtime, over-budget, ignore in its metadata: left out, because metadata is "class-only" in [watch]: settings go in the configuration, in a [[domain]] entry',
      ],
      settings: { maxDowntimeMs: 30_000, overBudget: 'abort', ignore: false },
    });
  });

  test('class-only: a class that the file does not have is told', () => {
    expect(settingsUnder('[watch]\nmetadata = "class-only"', { class: 'root' })).toMatchObject({
      problems: [
        'domain web: class "root" in its metadata: left out, because no [[domain]] entry of the configuration has that class',
      ],
      settings: { maxDowntimeMs: 4000 },
    });
  });

  test('ignored: not even a class, and nothing is told of what is wrong in it', () => {
    const { settings, problems } = settingsUnder('[watch]\nmetadata = "ignored"', {
      ...GREEDY,
      class: 'batch',
      magic: '1',
    });
    expect(problems).toEqual([]);
    expect(settings).toMatchObject({ maxDowntimeMs: 4000, overBudget: 'abort', ignore: false });
  });
});

describe('ceilings hold for metadata', () => {
  const CEILINGS = '[ceilings]\nmax-downtime = "8s"\nbrake-for = "20s"\nover-budget = ["abort", "brake"]\n';

  test('and what is above them is told', () => {
    const { settings, problems } = settingsUnder(CEILINGS, { ...GREEDY, 'brake-for': '1h' });
    expect(settings).toMatchObject({ maxDowntimeMs: 8000, brakeForMs: 20_000, overBudget: 'abort' });
    expect(problems).toEqual([
      'domain web: max-downtime 33 min 20 s in its metadata is over max-downtime 8 s of [ceilings], which holds in its place',
      'domain web: brake-for 1 h 0 min in its metadata is over brake-for 20 s of [ceilings], which holds in its place',
      'domain web: over-budget "post-copy" in its metadata: left out, because [ceilings] allows metadata abort, brake only',
    ]);
  });

  test('a brake that pays is a brake too', () => {
    const brake = { brake: 'when-it-pays' };
    expect(settingsUnder(CEILINGS, brake)).toMatchObject({ problems: [], settings: brake });
    expect(settingsUnder('[ceilings]\nover-budget = "abort"', brake)).toMatchObject({
      problems: [
        'domain web: brake "when-it-pays" in its metadata: left out, because over-budget of [ceilings] does not allow metadata a brake',
      ],
      settings: { brake: 'over-budget' },
    });
  });

  test('a downtime does not raise max-downtime past them', () => {
    const config = parseConfig(CEILINGS, 'f.toml');
    const { settings } = settingsFor(config, { name: 'web', metadata: { downtime: '1000s' } });
    expect(settings).toMatchObject({ downtimeMs: 8000, maxDowntimeMs: 8000 });
  });

  test('what is below them counts', () => {
    expect(settingsUnder(CEILINGS, { 'max-downtime': '6s', 'over-budget': 'brake' })).toMatchObject({
      problems: [],
      settings: { maxDowntimeMs: 6000, overBudget: 'brake' },
    });
  });

  test('the file itself may go beyond', () => {
    expect(settingsUnder(CEILINGS, { class: 'batch' })).toMatchObject({
      problems: [],
      settings: { maxDowntimeMs: 30_000 },
    });
  });
});
