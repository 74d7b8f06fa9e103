import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Button } from "../design/button.tsx";
import { Icon } from "../design/icon.tsx";
import { useKioskWords } from "../journey/kiosk-context.ts";

/** Keys for a finger: numbers first, letters behind a key. */
export function CodePad(props: {
  readonly onKey: (key: string) => void;
  readonly onErase: () => void;
  readonly onDone: () => void;
  readonly canBeDone: boolean;
}): JSX.Element {
  const words = useKioskWords();
  const [hasLetters, setLetters] = useState(false);
  const keys = hasLetters ? letters : digits;
  return (
    <div class="pad-block">
      <div class={`pad ${hasLetters ? "pad--letters" : ""}`}>
        {keys.split("").map((key) => (
          <button key={key} type="button" class="key" onClick={() => props.onKey(key)}>
            {key}
          </button>
        ))}
        <button type="button" class="key key--word" onClick={() => setLetters(!hasLetters)}>
          {hasLetters ? "123" : "ABC"}
          <span class="unseen">{hasLetters ? words.who.digits : words.who.letters}</span>
        </button>
        {!hasLetters && (
          <button type="button" class="key" onClick={() => props.onKey("0")}>
            0
          </button>
        )}
        <button type="button" class="key" aria-label={words.who.erase} onClick={props.onErase}>
          <Icon name="erase" />
        </button>
      </div>
      <Button look="primary" size="large" iconAfter="forward" isDisabled={!props.canBeDone} onPress={props.onDone}>
        {words.who.ready}
      </Button>
    </div>
  );
}

const digits = "123456789";
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ-.";
