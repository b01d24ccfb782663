/** Makes a schedule that fails as small as it can be while it still fails in the same way. */
import { explore } from './explore-one.ts';
import { PLAIN, type Schedule } from './schedule.ts';

/** @param violation one of those that the schedule brings about */
export async function shrink(schedule: Schedule, violation: string): Promise<Schedule> {
  const kind = kindOf(violation);
  const fails = async (candidate: Schedule): Promise<boolean> =>
    (await explore(candidate)).violations.some((each) => kindOf(each) === kind);
  let smallest = schedule;
  for (;;) {
    const smaller = await firstOf(smallerThan(smallest), fails);
    if (!smaller) return smallest;
    smallest = smaller;
  }
}

/** Figures and addresses aside: the same fault has others in another schedule. */
function kindOf(violation: string): string {
  return violation.replace(/[\d.]+/g, 'N').slice(0, 60);
}

function* smallerThan(schedule: Schedule): Generator<Schedule> {
  const { faults, hands, libvirt } = schedule;
  for (const index of faults.keys()) yield { ...schedule, faults: faults.toSpliced(index, 1) };
  for (const index of libvirt.faults.keys())
    yield { ...schedule, libvirt: { ...libvirt, faults: libvirt.faults.toSpliced(index, 1) } };
  if (libvirt.transient) yield { ...schedule, libvirt: { ...libvirt, transient: false } };
  for (const index of hands.keys()) yield { ...schedule, hands: hands.toSpliced(index, 1) };
  const { driver: _, libvirt: __, faults: ___, hands: ____, ...settings } = PLAIN;
  for (const [name, plain] of Object.entries(settings))
    if (String(schedule[name as keyof Schedule]) !== String(plain)) yield { ...schedule, [name]: plain };
}

async function firstOf(
  candidates: Iterable<Schedule>,
  fails: (candidate: Schedule) => Promise<boolean>,
): Promise<Schedule | undefined> {
  for (const candidate of candidates) if (await fails(candidate)) return candidate;
  return undefined;
}
