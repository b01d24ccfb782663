import { expect, onTestFinished, test } from 'vitest';
import { EventHub } from '../hypervisor/libvirt/virsh/event-hub.ts';
import { fakeVirsh, soon } from '../hypervisor/libvirt/virsh/testing/fake-virsh.ts';
import { HostWatcher } from './host-watcher.ts';

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
      "domjobinfo ${HUNG}"*) exec sleep 60 ;;
      "domjobinfo ${MOVES}"*) printf '%s\n' 'Job type: 2' 'operation: 5' 'memory_iteration: 3' ;;
    esac
  done ;;
  *) echo 'error: no such thing in this test' >&2; exit 1 ;;
esac`;

// Audit 31: one QEMU that hangs held every other look of the scan for 30 s.
test('a domain that hangs does not keep the scan from one that migrates', async () => {
  const virsh = fakeVirsh(HOST);
  const said: string[] = [];
  const watcher = new HostWatcher({
    uri: 'qemu:///fake',
    hub: new EventHub(),
    log: { say: (sentence: string) => void said.push(sentence) } as never,
    takeOverParts: () => ({}) as never,
    lookPatientMs: 300,
  });
  onTestFinished(async () => await watcher.close('the test is over'));
  // It was found: what taking it over then fails with is this host's own doing.
  await soon(() => expect(said.join()).toMatch(/moves could not be taken over/));
  expect(said.join()).not.toMatch(/hung/);
  expect(virsh.pids().length).toBeGreaterThan(1);
});
