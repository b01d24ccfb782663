/** Plain files that a server hands out as they are: addresses are relative, and nothing is inline, so a strict CSP holds. */
import { defineConfig, type Plugin } from 'vite';

/** What no plot of ours has, kinds of lines and a join of tables: as uPlot names them at its end, they would be kept. */
const UNUSED = ['(paths.bars    = bars);', '(paths.spline  = monotoneCubic);', 'uPlot.join = join;'];

function withoutUnused(): Plugin {
  return {
    name: 'without-unused',
    transform: {
      filter: { id: /uPlot\.esm\.js$/ },
      handler(code) {
        const lacking = UNUSED.filter((each) => !code.includes(each));
        if (lacking.length > 0)
          this.error(`uPlot is another one: it has no ${lacking.join(' ')}; see web/vite.config.ts`);
        return { code: UNUSED.reduce((left, each) => left.replace(each, ''), code), map: null };
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
