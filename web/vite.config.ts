/** Plain files that a server hands out as they are: addresses are relative, and nothing is inline, so a strict CSP holds. */
import { defineConfig, type Plugin } from 'vite';

/**
 * What no plot of ours has: kinds of lines and of scales, a join of tables, and axes of dates. As uPlot names them, they would
 * be kept. Each with what stands there instead.
 */
const UNUSED: readonly (readonly [theirs: string, ours: string])[] = [
  ...['(paths.bars    = bars);', '(paths.spline  = monotoneCubic);', 'uPlot.join = join;'].map(nothing),
  ...['uPlot.rangeAsinh = rangeAsinh;', 'uPlot.rangeLog = rangeLog;'].map(nothing),
  ...[
    'sc.distr == 4   ? val => asinh(val, sc.asinh) :',
    'sc.distr == 100 ? val => sc.fwd(val) :',
    'distr == 4 ? asinh(sc.min, sc.asinh) : distr == 100 ? sc.fwd(sc.min) :',
    'distr == 4 ? asinh(sc.max, sc.asinh) : distr == 100 ? sc.fwd(sc.max) :',
    'distr == 4 ? sinh(sv, sc.asinh) :',
    'distr == 100 ? sc.bwd(sv) :',
    // A scale of powers of ten has its range, its splits and its filter from us.
    'sc.distr == 3 ? logAxisSplits : sc.distr == 4 ? asinhAxisSplits :',
    'sc.distr >= 3 && sc.log == 10 ? log10AxisValsFilt : sc.distr == 3 && sc.log == 2 ? log2AxisValsFilt :',
  ].map(nothing),
  ['(sc.distr == 3 ? snapLogX : sc.distr == 4 ? snapAsinhX : snapNumX) :', 'snapNumX :'],
  ['(sc.distr == 3 ? snapLogY : sc.distr == 4 ? snapAsinhY : snapNumY)', 'snapNumY'],
  ['[_min, _max] = rangeAsinh(_min, _min, scaleX.log, false);', '_min = _min;'],
  ['let isTime = sc.time;', 'const isTime = false;'],
  ['let isTime = mode == 1 && scales[s.scale].time;', 'const isTime = false;'],
  ...[
    ...['uPlot.fmtDate = fmtDate;', 'uPlot.tzDate  = tzDate;'],
    'const [ timeIncrsMs, _timeAxisStampsMs, timeAxisSplitsMs ] = genTimeStuffs(1);',
    'const [ timeIncrsS,  _timeAxisStampsS,  timeAxisSplitsS  ] = genTimeStuffs(1e-3);',
    'const _timeAxisSplits = (ms == 1 ? timeAxisSplitsMs(_tzDate) : timeAxisSplitsS(_tzDate));',
    'const _timeAxisVals   = timeAxisVals(_tzDate, timeAxisStamps((ms == 1 ? _timeAxisStampsMs : _timeAxisStampsS), _fmtDate));',
    'const _timeSeriesVal  = timeSeriesVal(_tzDate, timeSeriesStamp(_timeSeriesStamp, _fmtDate));',
  ].map(nothing),
];

function nothing(theirs: string): readonly [string, string] {
  return [theirs, ''];
}

function withoutUnused(): Plugin {
  return {
    name: 'without-unused',
    transform: {
      filter: { id: /uPlot\.esm\.js$/ },
      handler(code) {
        const lacking = UNUSED.flatMap(([theirs]) => (code.includes(theirs) ? [] : theirs));
        if (lacking.length > 0)
          this.error(`uPlot is another one: it has no ${lacking.join(' ')}; see web/vite.config.ts`);
        return {
          code: UNUSED.reduce((left, [theirs, ours]) => left.replaceAll(theirs, ours), code),
          map: null,
        };
      },
    },
  };
}

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [withoutUnused()],
  // Not for debugging, whatever the environment says: that would put our paths into it, and make it a tenth larger.
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact', development: false } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
});
