/** A field with its label, what may be written into it, and what is wrong with what was. */
import { useId } from 'preact/hooks';

export interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (text: string) => void;
  readonly hint?: string;
  readonly problem?: string | undefined;
  readonly required?: boolean;
  readonly type?: 'text' | 'search' | 'password';
  /** Of several lines, and so many are seen. */
  readonly rows?: number;
  /** What is often written into it. */
  readonly choices?: readonly string[];
}

export function Field(props: FieldProps) {
  const { label, value, onInput, hint, problem, required = false, type = 'text', choices = [], rows } = props;
  const id = useId();
  const told = {
    ...{ id, value, required, autocomplete: 'off' as const, spellcheck: false },
    'aria-invalid': problem !== undefined,
    'aria-describedby': hint || problem ? `${id}-hint` : undefined,
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {rows !== undefined ? (
        <textarea {...told} rows={rows} onInput={(event) => onInput(event.currentTarget.value)} />
      ) : (
        <input
          {...told}
          // Its types want to know which one it is.
          type={type as 'text'}
          list={choices.length > 0 ? `${id}-choices` : undefined}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      )}
      {choices.length > 0 && (
        <datalist id={`${id}-choices`}>
          {choices.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
      )}
      <p id={`${id}-hint`} class={problem ? 'problem' : 'hint'}>
        {problem ?? hint}
      </p>
    </div>
  );
}

export interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly options: readonly (readonly [value: string, words: string])[];
  readonly hint?: string;
}

export function Choice({ label, value, onChange, options, hint }: ChoiceProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        {options.map(([each, words]) => (
          <option key={each} value={each}>
            {words}
          </option>
        ))}
      </select>
      {hint && (
        <p id={`${id}-hint`} class="hint">
          {hint}
        </p>
      )}
    </div>
  );
}
