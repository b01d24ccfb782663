import { parsePercent, UnitError } from '../model/units.ts';
import { FORECAST_DEFAULTS, forecast } from './forecast.ts';
import { MP_DEFAULTS, type MpParameters, mp } from './mp.ts';
import type { PolicyKind } from './policy.ts';
import { relaxed, stock } from './stock.ts';

export interface PolicyEntry {
  readonly summary: string;
  /** Parameter names as users write them, with their defaults as text. */
  readonly parameters: Readonly<Record<string, string>>;
  build(given: Readonly<Record<string, string>>): PolicyKind;
}

const MP_PARAMETERS: Record<
  string,
  { key: keyof MpParameters; fallback: string; parse(text: string): number }
> = {
  'min-shrink': { key: 'minShrink', fallback: `${MP_DEFAULTS.minShrink * 100}%`, parse: parsePercent },
  'confirming-passes': {
    key: 'confirmingPasses',
    fallback: String(MP_DEFAULTS.confirmingPasses),
    parse: parseCount,
  },
  'pause-margin': { key: 'pauseMargin', fallback: `${MP_DEFAULTS.pauseMargin * 100}%`, parse: parsePercent },
  'patience-passes': {
    key: 'patiencePasses',
    fallback: String(MP_DEFAULTS.patiencePasses),
    parse: parseCount,
  },
};

/** The policies of this project and its points of comparison, the default first. */
export const OWN_POLICIES: Readonly<Record<string, PolicyEntry>> = {
  forecast: {
    summary: forecast().summary,
    parameters: {
      'exchange-rate': String(FORECAST_DEFAULTS.exchangeRate),
      'brown-out-price': String(FORECAST_DEFAULTS.brownOutPrice),
    },
    build: ({ 'exchange-rate': rate, 'brown-out-price': price }) =>
      forecast({
        ...(rate === undefined ? {} : { exchangeRate: parseAbove0('exchange-rate', rate) }),
        ...(price === undefined ? {} : { brownOutPrice: parseAbove0('brown-out-price', price) }),
      }),
  },
  mp: {
    summary: mp().summary,
    parameters: Object.fromEntries(
      Object.entries(MP_PARAMETERS).map(([name, { fallback }]) => [name, fallback]),
    ),
    build: (given) =>
      mp(Object.fromEntries(Object.entries(given).map(([name, text]) => mpParameter(name, text)))),
  },
  relaxed: { summary: relaxed.summary, parameters: {}, build: () => relaxed },
  stock: { summary: stock.summary, parameters: {}, build: () => stock },
};

function mpParameter(name: string, text: string): [keyof MpParameters, number] {
  const parameter = MP_PARAMETERS[name];
  if (!parameter) throw new UnitError(`mp has no parameter "${name}"`);
  try {
    return [parameter.key, parameter.parse(text)];
  } catch (error) {
    if (error instanceof UnitError) throw new UnitError(`${name}: ${error.message}`, { cause: error });
    throw error;
  }
}

function parseAbove0(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value)))
    throw new UnitError(`${name}: "${text}" is not a number above zero`);
  return value;
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1)
    throw new UnitError(`"${text}" is not a whole number above zero`);
  return count;
}
