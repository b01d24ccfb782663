import { useRef } from 'preact/hooks';
import type { Plan, StartRequest } from '../api-types.ts';
import { startMigration } from '../client.ts';
import { startCost } from '../model/plan-words.ts';
import { newWishKey } from '../model/wish-key.ts';
import { hostOf } from '../model/words.ts';
import { go, takeSummary } from '../store.ts';
import { useAsking } from './asking.ts';
import { Confirm, Dialog } from './dialog.tsx';

export interface StartDialogProps {
  readonly request: StartRequest;
  /** Of the same wish. */
  readonly plan: Plan | undefined;
  readonly onClose: () => void;
}

export function StartDialog({ request, plan, onClose }: StartDialogProps) {
  const { busy, problem, ask } = useAsking();
  // A second try of the same wish is the same wish.
  const key = useRef(newWishKey());
  return (
    <Dialog title={`Migrate ${request.vm} to ${hostOf(request.destination)}?`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          ask(async () => {
            const begun = await startMigration(request, key.current);
            takeSummary(begun);
            onClose();
            go({ screen: 'migration', id: begun.id });
          });
        }}
      >
        <div class="cost">
          {startCost(request, plan).map((sentence) => (
            <p key={sentence}>{sentence}</p>
          ))}
        </div>
        <Confirm words="Start the migration" back="Not yet" busy={busy} problem={problem} onClose={onClose} />
      </form>
    </Dialog>
  );
}
