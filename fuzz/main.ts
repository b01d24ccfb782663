import { fuzzAll } from './crew.ts';
import { GROUPS, loadGroup } from './target.ts';

const args = process.argv.slice(2);
const inputs = Number(args[0]);
const names = (await Promise.all(GROUPS.map(loadGroup)))
  .flat()
  .map(({ name }) => name)
  .filter((n) => args.length < 2 || args.slice(1).some((a) => n.startsWith(a)));
await fuzzAll(
  names.map((target) => ({ target, seed: 1, inputs, forMs: 600e3 })),
  {
    threads: 1,
    told: (f) =>
      console.log(
        f.target,
        f.inputs,
        Math.round((f.inputs / f.tookMs) * 1000) + '/s',
        f.blocks + '/' + f.ofBlocks,
        f.corpus,
        f.finding
          ? `FOUND ${f.finding.words}\n   ${JSON.stringify(f.finding.input.toString().slice(0, 300))}`
          : '',
      ),
  },
);
