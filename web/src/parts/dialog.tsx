/** A modal dialog of the browser's own: it keeps the focus, and Escape closes it. After it the focus is where it was before. */
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

export interface DialogProps {
  readonly title: string;
  readonly children: ComponentChildren;
  /** Left out: it cannot be closed. */
  readonly onClose?: () => void;
}

export function Dialog({ title, children, onClose }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useLayoutEffect(() => {
    const shown = dialog.current;
    const before = document.activeElement;
    shown?.showModal();
    return () => {
      shown?.close();
      // The browser gives the focus back only from a dialog that is still on the page.
      if (before instanceof HTMLElement && before.isConnected) before.focus();
      else document.querySelector('h1')?.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
    >
      <h2 id={heading}>{title}</h2>
      {children}
    </dialog>
  );
}

/** A part of a form that confirms: what it costs, and the two ways out. */
export function Confirm(props: {
  readonly words: string;
  readonly back: string;
  readonly danger?: boolean;
  readonly busy: boolean;
  readonly problem: string | undefined;
  readonly disabled?: boolean;
  readonly onClose: () => void;
}) {
  return (
    <>
      <p class="problem" role="alert">
        {props.problem}
      </p>
      <div class="buttons">
        <button type="button" onClick={props.onClose}>
          {props.back}
        </button>
        <button
          type="submit"
          class={props.danger ? 'danger' : 'primary'}
          disabled={props.busy || props.disabled}
        >
          {props.words}
        </button>
      </div>
    </>
  );
}
