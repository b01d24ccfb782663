import { BaseSequencer, type TestSpecification, type Vitest } from 'vitest/node';

/**
 * The files that take longest begin first: one that begins as the last of its group is waited for by itself, while the
 * other cores have nothing to do. By itself vitest goes by what it measured before, which a fresh clone has nothing of, and
 * then by the sizes of the files.
 */
export default class LongestFirst extends BaseSequencer {
  readonly #root: string;

  constructor(vitest: Vitest) {
    super(vitest);
    this.#root = vitest.config.root;
  }

  override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = LONGEST.indexOf(moduleId.slice(this.#root.length + 1));
      return place === -1 ? LONGEST.length : place;
    };
    const sorted = await super.sort(specifications);
    // Groups run one after the other whatever their files' order here.
    return sorted.sort((a, b) => rank(a) - rank(b));
  }
}

/** Those above half a minute on two cores, in the order in which they are to begin. */
const LONGEST = [
  'supply/package.test.ts',
  'explore/command.test.ts',
  'fuzz/fuzz.test.ts',
  'src/journal/postgres/journal-archive.test.ts',
  'src/fleet/drain-runner.test.ts',
  'test/kvm.real.test.ts',
  'test/libvirt-refused.real.test.ts',
  'src/hypervisor/libvirt/libvirt-hypervisor.real.test.ts',
  'lab/lab.test.ts',
  'test/libvirt-tls.real.test.ts',
  'test/migrate.real.test.ts',
  'test/drain.real.test.ts',
  'test/libvirt.real.test.ts',
  'test/under-way.real.test.ts',
  'test/faults.real.test.ts',
  'test/watch.real.test.ts',
  'test/libvirt-faults.real.test.ts',
  'test/streams.real.test.ts',
  'test/brake.real.test.ts',
  'test/one-side.real.test.ts',
  'test/signals.real.test.ts',
  'test/take-over.real.test.ts',
  'test/serve.real.test.ts',
];
