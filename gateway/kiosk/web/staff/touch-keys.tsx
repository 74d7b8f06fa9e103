import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Icon } from "../design/icon.tsx";
import { useStaffWords } from "./staff-words.ts";

const rows = ["1234567890", "qwertyuiop", "asdfghjkl-", "zxcvbnm._:"];

/** Keys for a screen that has no keyboard beside it: what codes and names are made of. */
export function TouchKeys(props: { readonly onKey: (key: string) => void; readonly onErase: () => void }): JSX.Element {
  const { keys } = useStaffWords();
  const [isUpper, setUpper] = useState(false);
  const cased = (key: string): string => (isUpper ? key.toUpperCase() : key);
  return (
    <div class="keys" role="group" aria-label={keys.label}>
      {rows.flatMap((row) =>
        row.split("").map((key) => (
          <button key={key} type="button" class="keys__key" onClick={() => props.onKey(cased(key))}>
            {cased(key)}
          </button>
        )),
      )}
      <button
        type="button"
        class="keys__key keys__key--wide"
        aria-pressed={isUpper}
        aria-label={keys.capitals}
        onClick={() => setUpper(!isUpper)}
      >
        ABC
      </button>
      <button type="button" class="keys__key keys__key--wide" aria-label={keys.erase} onClick={props.onErase}>
        <Icon name="erase" />
      </button>
    </div>
  );
}
