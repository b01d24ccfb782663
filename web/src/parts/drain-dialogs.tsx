/** What is done to a drain, or to one VM of it: each confirmed with what it costs. */
import { useId, useState } from 'preact/hooks';
import { actOnDrain, allowPause, bringBack, decideVm, retryVm } from '../drain-client.ts';
import type { Decision, Drain, DrainAction, DrainVm } from '../drain-types.ts';
import {
  ACTIONS,
  abortCost,
  actCost,
  allowCost,
  DECISIONS,
  decideCost,
  drainName,
  pauseInRemedy,
  retryCost,
} from '../model/drains.ts';
import { parseDuration } from '../model/parse.ts';
import { hostOf } from '../model/words.ts';
import { go } from '../store.ts';
import { Choice, Field } from './field.tsx';
import { ReasonedDialog } from './reasoned-dialog.tsx';

interface ActProps {
  readonly of: Drain;
  readonly take: (drain: Drain) => void;
  readonly onClose: () => void;
}

export function DrainDialog({ of, action, take, onClose }: ActProps & { readonly action: DrainAction }) {
  const { title, words, back } = ACTIONS[action];
  const [abortRunning, setAbortRunning] = useState(false);
  const id = useId();
  const mayAbort = action === 'cancel' && of.counts.moving > 0;
  return (
    <ReasonedDialog
      title={title(drainName(of), hostOf(of.host))}
      {...{ words, back, onClose }}
      danger={action === 'cancel'}
      cost={actCost(action, of)}
      act={async (reason) => {
        if (action === 'return') go({ screen: 'drain', id: (await bringBack(of.id, reason)).id });
        else take(await actOnDrain(of.id, action, reason, mayAbort ? { abortRunning } : {}));
      }}
    >
      {mayAbort && (
        <p class="check">
          <input
            id={id}
            type="checkbox"
            checked={abortRunning}
            onChange={(event) => setAbortRunning(event.currentTarget.checked)}
          />
          <label for={id}>{abortCost(of)}</label>
        </p>
      )}
    </ReasonedDialog>
  );
}

export function DecideDialog({ of, vm, take, onClose }: ActProps & { readonly vm: DrainVm }) {
  const [decision, setDecision] = useState<Decision>(vm.state === 'queued' ? 'leave' : 'move');
  const [, words = ''] = DECISIONS.find(([each]) => each === decision) ?? [];
  return (
    <ReasonedDialog
      title={`What becomes of ${vm.name}?`}
      words={words.split(',')[0] ?? words}
      back="Decide later"
      danger={decision === 'shutdown' || decision === 'shutdown-and-return'}
      cost={[decideCost(vm, decision, hostOf(of.host))]}
      act={async (reason) => take(await decideVm(of.id, vm.uuid, decision, reason))}
      onClose={onClose}
    >
      <Choice
        label="Decision"
        value={decision}
        onChange={(value) => setDecision(value as Decision)}
        options={DECISIONS}
      />
    </ReasonedDialog>
  );
}

export function RetryDialog({ of, vm, take, onClose }: ActProps & { readonly vm: DrainVm }) {
  return (
    <ReasonedDialog
      title={`Try ${vm.name} again?`}
      words="Try it again"
      back="Not yet"
      cost={retryCost(vm)}
      act={async (reason) => take(await retryVm(of.id, vm.uuid, reason))}
      onClose={onClose}
    />
  );
}

export function AllowDialog({ of, vm, take, onClose }: ActProps & { readonly vm: DrainVm }) {
  const [pause, setPause] = useState(pauseInRemedy(vm));
  const parsed = pause.trim() === '' ? undefined : parseDuration(pause);
  const maxDowntimeMs = parsed && 'value' in parsed ? parsed.value : undefined;
  return (
    <ReasonedDialog
      title={`Let ${vm.name} stand still for longer?`}
      words="Allow it, and try again"
      back="Leave it there"
      cost={allowCost(vm, maxDowntimeMs)}
      disabled={maxDowntimeMs === undefined}
      act={async (reason) => take(await allowPause(of.id, vm.uuid, maxDowntimeMs ?? 0, reason))}
      onClose={onClose}
    >
      <Field
        label="Longest pause of this VM"
        value={pause}
        onInput={setPause}
        hint="Like 2.5s"
        problem={parsed && 'problem' in parsed ? parsed.problem : undefined}
      />
    </ReasonedDialog>
  );
}
