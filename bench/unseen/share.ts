/** `node bench/unseen/share.ts FROM TO`: judges the guests of these seeds, the last left out, and prints them as JSON. */
import { type Judged, judge } from './judge.ts';

const [from = '', to = ''] = process.argv.slice(2);
const judged: Judged[] = [];
for (let seed = Number(from); seed < Number(to); seed += 1) judged.push(await judge(seed));
process.stdout.write(JSON.stringify(judged));
