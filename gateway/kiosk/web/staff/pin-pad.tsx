import type { JSX } from "preact";
import { Button } from "../design/button.tsx";
import { Icon } from "../design/icon.tsx";
import { useStaffWords } from "./staff-words.ts";

export const pinDigitsMax = 12;
export const pinDigitsMin = 4;
const digits = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];

/** The digits are counted and never shown. */
export function PinPad({ pin, onPin }: { readonly pin: string; readonly onPin: (pin: string) => void }): JSX.Element {
  const { signIn } = useStaffWords();
  const key = (digit: string): JSX.Element => (
    <Button key={digit} class="pin__key" onPress={() => onPin((pin + digit).slice(0, pinDigitsMax))}>
      {digit}
    </Button>
  );
  return (
    <div class="pin" role="group" aria-label={signIn.pin}>
      <p class="pin__shown">
        <span class="field__label">{signIn.pin}</span>
        <span class="pin__dots" aria-hidden="true">
          {Array.from({ length: Math.max(pinDigitsMin, pin.length) }, (_, at) => (
            <span key={at} class={at < pin.length ? "pin__dot pin__dot--typed" : "pin__dot"} />
          ))}
        </span>
        <span class="unseen" role="status">
          {signIn.digits(pin.length)}
        </span>
      </p>
      <div class="pin__keys">
        {digits.map(key)}
        <span />
        {key("0")}
        <Button class="pin__key" look="quiet" label={signIn.erase} onPress={() => onPin(pin.slice(0, -1))}>
          <Icon name="erase" />
        </Button>
      </div>
    </div>
  );
}
