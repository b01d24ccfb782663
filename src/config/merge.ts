/**
 * Lays what several places state over each other. The result never contradicts itself: where two places do, that
 * is told, and the shorter pause or the policy's own parameters hold.
 */
import { formatDuration } from '../model/units.ts';
import { choosePolicy, PolicyError } from '../policy/policies.ts';
import { BUILT_IN, SETTING_NAMES, type SettingKey, type Settings, type Stated } from './settings.ts';

/** One place that states settings. */
export interface Layer {
  /** In words, like `[defaults]`. */
  readonly from: string;
  readonly stated: Stated;
  /** How this place calls a setting, where the name alone says the place: `--downtime`. */
  readonly nameOf?: (name: string) => string;
}

export interface Contradiction {
  readonly between: readonly SettingKey[];
  /** What is wrong and what to do. */
  readonly sentence: string;
  /** What holds in spite of it. */
  readonly holds: string;
}

export interface Merged {
  readonly settings: Settings;
  /** The places that a setting has its value from; a setting that is built in has none. */
  readonly origins: ReadonlyMap<SettingKey, readonly Layer[]>;
  readonly contradictions: readonly Contradiction[];
}

/**
 * @param layers a later one goes before an earlier one
 * @param builtIn instead of what is built in otherwise; gives way to what is stated, and contradicts nothing
 */
export function merge(layers: readonly Layer[], builtIn: Stated = {}): Merged {
  const base: Settings = { ...BUILT_IN, ...builtIn };
  const origins = new Map<SettingKey, Layer[]>();
  let settings = base;
  for (const layer of layers) {
    const { policyOption, ...others } = layer.stated;
    for (const key of Object.keys(others) as SettingKey[]) origins.set(key, [layer]);
    const below = settings;
    settings = { ...below, ...others };
    // Parameters belong to their policy: another policy has others. Of the same policy they add up.
    if (settings.policy !== below.policy) {
      settings = { ...settings, policyOption: policyOption ?? {} };
      origins.delete('policyOption');
      if (policyOption) origins.set('policyOption', [layer]);
    } else if (policyOption) {
      settings = { ...settings, policyOption: { ...below.policyOption, ...policyOption } };
      origins.set('policyOption', [...(origins.get('policyOption') ?? []), layer]);
    }
  }
  const pauses = mendPauses(settings, origins);
  const policy = mendPolicy(settings, origins);
  const brake = mendBrake(settings, origins);
  return {
    settings: { ...settings, ...pauses.mended, ...policy.mended, ...brake.mended },
    origins,
    contradictions: [...pauses.contradictions, ...policy.contradictions, ...brake.contradictions],
  };
}

type Mending = { readonly mended: Stated; readonly contradictions: readonly Contradiction[] };

function mendPauses(settings: Settings, origins: Merged['origins']): Mending {
  const { downtimeMs, maxDowntimeMs } = settings;
  if (downtimeMs <= maxDowntimeMs) return { mended: {}, contradictions: [] };
  const mended = { downtimeMs: maxDowntimeMs };
  if (!origins.has('downtimeMs')) return { mended, contradictions: [] };
  if (!origins.has('maxDowntimeMs')) return { mended: { maxDowntimeMs: downtimeMs }, contradictions: [] };
  const max = formatDuration(maxDowntimeMs);
  return {
    mended,
    contradictions: [
      {
        between: ['downtimeMs', 'maxDowntimeMs'],
        sentence:
          `${told('downtimeMs', origins, formatDuration(downtimeMs))} is longer than ` +
          `${told('maxDowntimeMs', origins, max)}: lower the one or raise the other`,
        holds: `the shorter one holds, ${max}`,
      },
    ],
  };
}

function mendPolicy({ policy, policyOption }: Settings, origins: Merged['origins']): Mending {
  try {
    choosePolicy(policy, policyOption);
    return { mended: {}, contradictions: [] };
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return {
      mended: { policyOption: {} },
      contradictions: [
        {
          between: ['policy', 'policyOption'],
          sentence: `${told('policyOption', origins)}: ${error.message}`,
          holds: `the parameters of ${policy} that are built in hold`,
        },
      ],
    };
  }
}

function mendBrake(settings: Settings, origins: Merged['origins']): Mending {
  const { brake, overBudget, policy } = settings;
  const against = (other: 'overBudget' | 'policy', sentence: string, holds: string): Mending => ({
    mended: { brake: 'over-budget' },
    contradictions: [{ between: ['brake', other], sentence, holds }],
  });
  if (brake === 'never' && overBudget === 'brake')
    return against(
      'overBudget',
      `${told('brake', origins, brake)} and ${told('overBudget', origins, overBudget)} exclude each other: leave one of them out`,
      'it is braked as over-budget says',
    );
  if (brake === 'when-it-pays' && policy !== 'forecast')
    return against(
      'policy',
      `${told('brake', origins, brake)} is for the policy forecast to find out, and ${told('policy', origins, policy)} does not: leave one of them out`,
      'it is braked as over-budget says only',
    );
  return { mended: {}, contradictions: [] };
}

/** `--downtime 300 ms`, or `downtime 300 ms of [defaults]`. */
function told(key: SettingKey, origins: Merged['origins'], value = ''): string {
  const name = SETTING_NAMES[key];
  const layers = origins.get(key) ?? [];
  const spelled = layers.findLast((layer) => layer.nameOf)?.nameOf?.(name);
  if (spelled !== undefined) return `${spelled} ${value}`.trimEnd();
  return `${`${name} ${value}`.trimEnd()} of ${layers.map(({ from }) => from).join(' and ')}`;
}
