import type { JSX } from "preact";
import { useId } from "preact/hooks";

export interface FieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly inputMode?: "text" | "numeric";
}

/** Something to be typed. Nothing of it is suggested or remembered by the browser. */
export function Field({ label, hint, value, onValue, inputMode = "text" }: FieldProps): JSX.Element {
  const id = useId();
  return (
    <div class="field">
      <label class="field__label" for={id}>
        {label}
      </label>
      <input
        id={id}
        class="field__input"
        value={value}
        inputMode={inputMode}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        maxLength={128}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
      {hint !== undefined && (
        <p id={`${id}-hint`} class="faint small">
          {hint}
        </p>
      )}
    </div>
  );
}

/** As `cloud-sync/contract/reading.ts` has it; null if it is none. */
export function personIn(text: string): string | null {
  const reference = text.trim();
  return /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/.test(reference) ? reference : null;
}
