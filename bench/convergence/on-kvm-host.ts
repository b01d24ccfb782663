/** The convergence bench on KVM: this very bench, run in an emulated KVM host, where the lab's guests are on KVM. */
import { openKvmLab } from '../../lab/kvm/kvm-lab.ts';
import { prefetchForGuest } from '../../lab/kvm/prefetch.ts';
import type { BenchResult } from '../goals.ts';
import { environment } from '../policies/environment.ts';
import type { ConvergenceFigures } from './figures.ts';

export async function runOnKvmHost(repeats: number): Promise<BenchResult & { figures: ConvergenceFigures }> {
  await prefetchForGuest('loop', false);
  process.stderr.write('bench: starting a KVM host\n');
  await using lab = await openKvmLab();
  const ran = await lab.host.run(['node', 'bench/main.ts', 'convergence', '--json', '--runs', `${repeats}`], {
    onStderr: (chunk) => process.stderr.write(chunk),
  });
  // With a result, 1 says that a goal was missed.
  if (ran.status > 1 || ran.stdout === '')
    throw new Error(`the bench in the KVM host ended with status ${ran.status} and no result: see above`);
  const result = JSON.parse(ran.stdout) as BenchResult & { figures: ConvergenceFigures };
  // The commit and the real processor can be seen only from here.
  const inside = result.figures.environment;
  const outside = environment(inside.command);
  const figures = {
    ...result.figures,
    environment: { ...outside, kernel: `${inside.kernel} in the emulated host, ${outside.kernel} below it` },
  };
  return { ...result, figures };
}
