import type { JSX } from "preact";
import { useId, useState } from "preact/hooks";
import { Button } from "../design/button.tsx";
import { useStaffWords } from "./staff-words.ts";
import { TouchKeys } from "./touch-keys.tsx";

export interface FieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly inputMode?: "text" | "numeric";
}

const charsMax = 128;

/** Something to be typed, by keys or by fingers. Nothing of it is suggested or remembered by the browser. */
export function Field({ label, hint, value, onValue, inputMode = "text" }: FieldProps): JSX.Element {
  const id = useId();
  const { keys } = useStaffWords();
  const [hasKeys, setKeys] = useState(false);
  return (
    <div class="field">
      <label class="field__label" for={id}>
        {label}
      </label>
      <div class="field__line">
        <input
          id={id}
          class="field__input"
          value={value}
          inputMode={hasKeys ? "none" : inputMode}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          maxLength={charsMax}
          aria-describedby={hint === undefined ? undefined : `${id}-hint`}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
        <Button label={`${keys.show}: ${label}`} isPressed={hasKeys} icon="text" onPress={() => setKeys(!hasKeys)}>
          {keys.short}
        </Button>
      </div>
      {hint !== undefined && (
        <p id={`${id}-hint`} class="faint small">
          {hint}
        </p>
      )}
      {hasKeys && (
        <TouchKeys
          onKey={(key) => onValue((value + key).slice(0, charsMax))}
          onErase={() => onValue(value.slice(0, -1))}
        />
      )}
    </div>
  );
}

/** As `cloud-sync/contract/reading.ts` has it; null if it is none. */
export function personIn(text: string): string | null {
  const reference = text.trim();
  return /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/.test(reference) ? reference : null;
}
