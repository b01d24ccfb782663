import { setCordon } from '../drain-client.ts';
import type { ShownHost } from '../model/hosts.ts';
import { hostOf } from '../model/words.ts';
import { ReasonedDialog } from './reasoned-dialog.tsx';

/** The list of hosts tells the change when it is asked next, within seconds. */
export function CordonDialog({ of, onClose }: { of: ShownHost; onClose: () => void }) {
  const host = hostOf(of.host);
  const [title, words, cost, to] =
    of.cordon === null
      ? ([
          `Cordon ${host}?`,
          'Cordon it',
          `No drain moves a VM to ${host} from now on. What is on its way arrives, and a migration that somebody starts by hand is not held up.`,
          'cordon',
        ] as const)
      : ([`Uncordon ${host}?`, 'Uncordon it', `Drains may move VMs to ${host} again.`, 'uncordon'] as const);
  return (
    <ReasonedDialog
      {...{ title, words, onClose }}
      back="Leave it"
      cost={[cost]}
      act={async (reason) => await setCordon(of.host, to, reason)}
    />
  );
}
