import { useState } from 'preact/hooks';
import { giveToken, tokenWanted } from '../store.ts';
import { Dialog } from './dialog.tsx';
import { Field } from './field.tsx';

/** Asked for where the service wants one. It stays in this tab and is gone with it. */
export function TokenDialog() {
  const [token, setToken] = useState('');
  if (tokenWanted.value === undefined) return null;
  return (
    <Dialog title="This service asks for a token">
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
          <button type="submit" class="primary">
            Continue
          </button>
        </div>
      </form>
    </Dialog>
  );
}
