/** Something that is done, confirmed with what it costs, and a reason for the log. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useAsking } from './asking.ts';
import { Confirm, Dialog } from './dialog.tsx';
import { Field } from './field.tsx';

export interface ReasonedDialogProps {
  readonly title: string;
  /** Of the button that does it, and of the one that does not. */
  readonly words: string;
  readonly back: string;
  /** A sentence each. */
  readonly cost: readonly ComponentChildren[];
  readonly danger?: boolean;
  readonly disabled?: boolean;
  /** @param reason empty: none was given. It is closed once that has succeeded */
  readonly act: (reason: string) => Promise<void>;
  readonly onClose: () => void;
  readonly children?: ComponentChildren;
}

export function ReasonedDialog(props: ReasonedDialogProps) {
  const { title, words, back, cost, danger = false, disabled = false, act, onClose, children } = props;
  const [reason, setReason] = useState('');
  const { busy, problem, ask } = useAsking();
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          ask(async () => {
            await act(reason.trim());
            onClose();
          });
        }}
      >
        <div class="cost">
          {cost.map((each, at) => (
            <p key={at}>{each}</p>
          ))}
        </div>
        {children}
        <Field
          label="Reason"
          value={reason}
          onInput={setReason}
          hint="May be left out. It is kept in the log."
        />
        <Confirm {...{ words, back, danger, disabled, busy, problem, onClose }} />
      </form>
    </Dialog>
  );
}
