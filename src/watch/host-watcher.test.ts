import { expect, onTestFinished, test } from 'vitest';
import { parseConfig } from '../config/parse-config.ts';
import { REAL_CLOCK } from '../hypervisor/clock.ts';
import { EventHub } from '../hypervisor/libvirt/virsh/event-hub.ts';
import { fakeHost, fakeVirsh, soon } from '../hypervisor/libvirt/virsh/testing/fake-virsh.ts';
import { initiatorHere } from '../journal/initiator.ts';
import { JournalError } from '../journal/journal-error.ts';
import { HostWatcher, type HostWatcherParts } from './host-watcher.ts';

const HUNG = '00000000-0000-4000-8000-000000000001';
const MOVES = '00000000-0000-4000-8000-000000000002';
/** A host whose domain `hung` answers nothing, while `moves` migrates. Each look at `moves` leaves a line in `looks`. */
const HOST = `case "$4" in
  event) exec sleep 60 ;;
  '') while read -r word rest; do
    case "$word $rest" in
      'echo --err '*) echo "error: \${rest#--err }" >&2 ;;
      'echo '*) printf %s "$rest" ;;
      list*) printf '%s\n' '${HUNG} hung' '${MOVES} moves' ;;
      "domjobinfo ${HUNG}"*) echo hung >> $starts.did; exec sleep 60 ;;
      "domjobinfo ${MOVES}"*) echo looked >> $starts.did; printf '%s\n' 'Job type: 2' 'operation: 5' 'memory_iteration: 3' ;;
    esac
  done ;;
  *) echo 'error: no such thing in this test' >&2; exit 1 ;;
esac`;

/** A watcher of that host, closed with the test; and what it says. */
function watching(uri: string, parts: Partial<HostWatcherParts> = {}) {
  const said: string[] = [];
  const watcher = new HostWatcher({
    uri,
    hub: new EventHub(),
    log: { say: (sentence: string) => void said.push(sentence) } as never,
    journals: { writable: async () => true },
    takeOverParts: () => ({}) as never,
    ...parts,
  });
  onTestFinished(async () => await watcher.close('the test is over'));
  return { watcher, said };
}

// Audit 31: one QEMU that hangs held every other look of the scan for 30 s.
test('a domain that hangs does not keep the scan from one that migrates', async () => {
  const virsh = fakeVirsh(HOST);
  const { said } = watching('qemu:///fake', { lookPatientMs: 300 });
  // It was found: what taking it over then fails with is this host's own doing.
  await soon(() => expect(said.join()).toMatch(/moves could not be taken over/));
  expect(said.join()).not.toMatch(/hung/);
  expect(virsh.pids().length).toBeGreaterThan(1);
});

test('it hangs only where no look comes to an end: one that nobody answers does not count', async () => {
  const virsh = fakeVirsh(HOST.replace(`"domjobinfo ${MOVES}"`, '"none"'));
  const { watcher } = watching('qemu:///fake', { lookPatientMs: 700 });
  await soon(() => expect(virsh.did()).toContain('hung'));
  const askedMs = REAL_CLOCK.awakeMs();
  expect(watcher.health(askedMs)).toMatchObject({ hangs: undefined });
  expect(watcher.health(askedMs + 120_100).hangs).toMatch(
    /^qemu:\/\/\/fake was last looked at 2 min 0 s ago$/,
  );
  // The look at the domain that hangs is given up, and the scan has gone on.
  await soon(() => expect(watcher.health(askedMs + 120_100).hangs).toBeUndefined());
});

test('what it says of itself: how its host is, and how many migrations there are', async () => {
  fakeHost(MOVING_HOST);
  const { watcher } = watching('qemu:///fake-words');
  expect(watcher.health(REAL_CLOCK.awakeMs()).words).toBe('connecting qemu:///fake-words');
  await soon(() =>
    expect(watcher.health(REAL_CLOCK.awakeMs()).words).toBe('following qemu:///fake-words, 1 migration'),
  );
});

// A destination's libvirtd that has just been started takes seconds to prepare, and the domain is not there until then.
test('a migration that copies nothing yet is not taken over: nobody could say where it goes', async () => {
  const virsh = fakeVirsh(
    HOST.replace("'memory_iteration: 3'", "'memory_iteration: 0'").replace(`"domjobinfo ${HUNG}"`, '"none"'),
  );
  let wanted = 0;
  const takeOverParts = () => {
    wanted += 1;
    return {} as never;
  };
  const { said } = watching('qemu:///fake-preparing', { takeOverParts });
  await soon(() => expect(virsh.did()).toContain('looked'));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(wanted).toBe(0);
  expect(said.join()).not.toMatch(/moves/);
});

test('closed while it looks from domain to domain it asks no further one: nothing of it lives on', async () => {
  const virsh = fakeVirsh(HOST);
  const { watcher } = watching('qemu:///fake');
  await soon(() => expect(virsh.did()).toEqual(['hung']));
  const started = virsh.pids().length;
  await watcher.close('the test is over');
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(virsh.pids().length).toBe(started);
});

/** A host whose domain `moves` migrates, and answers what taking it over asks. */
const MOVING_HOST = `case "$4" in
  event) exec sleep 60 ;;
  list) printf '%s\n' '${MOVES} moves' ;;
  help) echo --rawstats ;;
  domuuid) echo '${MOVES}' ;;
  domstate) echo 'running (booted)' ;;
  dumpxml) echo "<domain type='kvm'><name>moves</name><uuid>${MOVES}</uuid><memory>1024</memory><os><type arch='x86_64' machine='pc'>hvm</type></os></domain>" ;;
  domjobinfo) printf '%s\\n' 'Job type: 2' 'operation: 5' 'memory_iteration: 3' ;;
  *) exit 0 ;;
esac`;

// Audit 22: with a full disk the same sentence came for each migration, every ten seconds.
test.each([
  [false, 'is told where that began, not here'],
  [true, 'is told, as the journals are well'],
])('a migration whose journal cannot be opened, journals writable: %s: %s', async (writable) => {
  fakeHost(MOVING_HOST);
  let asked = 0;
  const { said } = watching('qemu:///fake-journals', {
    journals: {
      writable: async () => {
        asked += 1;
        return writable;
      },
    },
    takeOverParts: () =>
      ({
        config: parseConfig('', 'f'),
        initiator: initiatorHere(),
        findDestination: async () => undefined,
        store: {
          unfinishedOf: async () => {
            throw new JournalError('the disk is full');
          },
        },
      }) as never,
  });
  await soon(() => expect(asked).toBe(1));
  await new Promise((resolve) => setImmediate(resolve));
  const told = said.filter((sentence) => sentence.includes('the disk is full'));
  expect(told).toEqual(
    writable ? ['qemu:///fake-journals: moves could not be taken over: the disk is full'] : [],
  );
});
