import { useState } from 'preact/hooks';
import { giveToken, session, tokenWanted } from '../store.ts';
import { Dialog } from './dialog.tsx';
import { Field } from './field.tsx';

/** Asked for where the service wants one, or where somebody has one. It stays in this tab and is gone with it. */
export function TokenDialog() {
  const [token, setToken] = useState('');
  if (tokenWanted.value === undefined) return null;
  // Whoever is let in without one may go on without.
  const close = session.value && { onClose: () => (tokenWanted.value = undefined) };
  return (
    <Dialog title={close ? 'Use a token' : 'This service asks for a token'} {...close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void giveToken(token.trim());
        }}
      >
        <p>{tokenWanted.value}</p>
        <Field
          label="Token"
          type="password"
          value={token}
          onInput={setToken}
          required
          hint="It is kept in this tab only."
        />
        <div class="buttons">
          {close && (
            <button type="button" onClick={close.onClose}>
              Go on without
            </button>
          )}
          <button type="submit" class="primary">
            Continue
          </button>
        </div>
      </form>
    </Dialog>
  );
}
