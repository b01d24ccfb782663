/** What is drawn for `switchover watch`: a migration under libvirt, with a daemon that is to find it, whoever began it. */
import type { LibvirtFault } from '../src/hypervisor/libvirt/testing/simulated/faults.ts';
import { Random, seedOf } from '../src/simulate/random.ts';
import { drawLibvirtSchedule, virshAnswer } from './libvirt-schedule.ts';
import { Draw, type Hand, type Schedule, SIDES } from './schedule.ts';

/** What a watch asks a host for before it follows a migration. */
const COMMANDS = ['uri', 'list', 'domjobinfo', 'domuuid', 'dumpxml', 'domstate', 'migrate-getmaxdowntime'];
/** From the end of a daemon to the next one, as a service manager starts it. */
const STARTED_AFTER_MS = [5, 100, 1000, 5000];
const WITHIN_MS = 4000;

export function drawWatchSchedule(seed: number): Schedule {
  const schedule = drawLibvirtSchedule(seed);
  const draw = new Draw(new Random(seedOf(-seed)));
  if (draw.chance(0.1)) return { ...schedule, ...startedLate(draw) };
  const isOthers = draw.chance(0.85);
  const hands = [
    ...schedule.hands,
    ...schedule.hands.flatMap((hand) => startedAgain(hand, draw)),
    ...(!isOthers || draw.chance(0.1) ? [{ atMs: 1 + draw.upTo(WITHIN_MS), do: 'watch' } as const] : []),
  ];
  return {
    ...schedule,
    begin: isOthers ? 'watch' : schedule.begin,
    hands: hands.sort((a, b) => a.atMs - b.atMs),
    libvirt: {
      ...schedule.libvirt,
      faults: [...schedule.libvirt.faults, ...(draw.chance(0.5) ? [unseen(draw)] : [])],
    },
  };
}

/** The first pass was told to one that is no more. */
function startedLate(draw: Draw): Partial<Schedule> {
  const atMs = 130 + draw.upTo(140);
  const hands = [{ atMs, do: 'kill' } as const, { atMs: atMs + 1 + draw.upTo(20), do: 'watch' } as const];
  return { begin: 'watch', hands, faults: [], libvirt: { transient: draw.chance(0.4), faults: [] } };
}

/** Killed it is started again, and now and then also after it was told to end. */
function startedAgain({ atMs, do: what }: Hand, draw: Draw): Hand[] {
  const isStarted = draw.chance(what === 'kill' ? 0.8 : what === 'let-go' ? 0.3 : 0);
  return isStarted ? [{ atMs: atMs + draw.oneOf(STARTED_AFTER_MS), do: 'watch' }] : [];
}

/** What keeps a watch from seeing a migration, or from taking it over at once. */
function unseen(draw: Draw): LibvirtFault {
  const side = draw.oneOf([...SIDES, 'source']);
  switch (draw.upTo(3)) {
    case 0:
      return { on: { atMs: 1 + draw.upTo(WITHIN_MS) }, do: 'events-lost', to: side };
    case 1:
      return { on: { event: 'iteration', side }, nth: 1 + draw.upTo(2), do: 'dies' };
    default:
      return {
        on: { virsh: draw.oneOf(COMMANDS), side },
        nth: 1 + draw.upTo(3),
        ...virshAnswer(draw),
      };
  }
}
