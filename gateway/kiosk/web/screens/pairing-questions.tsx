import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { AnswerPairing } from "../../contract/requests.ts";
import type { PairingQuestion } from "../../contract/visit-view.ts";
import { Button } from "../design/button.tsx";
import { Icon } from "../design/icon.tsx";
import { PairingDrawing } from "../drawings/device-drawings.tsx";
import { Frame } from "../journey/frame.tsx";
import { useKiosk, useKioskWords, useSession } from "../journey/kiosk-context.ts";
import { useTyping } from "./typing.ts";

/** What the device asks of the person, each in its own way (Core Vol 3 Part H 2.3.5). */
export function Question({ question }: { readonly question: PairingQuestion }): JSX.Element {
  const session = useSession();
  const answer = (given: AnswerPairing["answer"]): void =>
    session.answerPairing({ number: question.number, answer: given });
  switch (question.ask) {
    case "enter-passkey":
      return <EnterPasskey onAnswer={(passkey) => answer({ type: "passkey", passkey })} />;
    case "show-passkey":
      return <ShowPasskey passkey={question.passkey} entered={question.entered} />;
    case "confirm-passkey":
      return <YesOrNo passkey={question.passkey} onAnswer={(type) => answer({ type })} />;
    case "authorise":
      return <YesOrNo passkey={null} onAnswer={(type) => answer({ type })} />;
    case "enter-pin":
      return <EnterPin onAnswer={(pin) => answer({ type: "pin", pin })} />;
    default:
      return question satisfies never;
  }
}

function EnterPasskey({ onAnswer }: { readonly onAnswer: (passkey: string) => void }): JSX.Element {
  const words = useKioskWords();
  const { isBusy } = useKiosk();
  const [digits, setDigits] = useState("");
  const add = (digit: string): void => setDigits((typed) => (typed + digit).slice(0, 6));
  return (
    <Frame
      title={words.pair.enterTitle}
      lead={words.pair.enterText}
      shape="split"
      keys={
        <DigitPad
          erase={words.pair.eraseDigit}
          onDigit={add}
          onErase={() => setDigits((typed) => typed.slice(0, -1))}
        />
      }
      actions={
        <Button
          look="primary"
          size="large"
          isBusy={isBusy}
          isDisabled={digits.length < 6}
          onPress={() => onAnswer(digits)}
        >
          {words.pair.connect}
        </Button>
      }
    >
      <p class="passkey" role="status">
        <span class="unseen">{words.pair.digitsTyped(digits.length)}</span>
        {[0, 1, 2, 3, 4, 5].map((place) => (
          <span key={place} class={`passkey__place ${place === digits.length ? "is-next" : ""}`} aria-hidden="true">
            {digits[place] ?? ""}
          </span>
        ))}
      </p>
    </Frame>
  );
}

function DigitPad(props: {
  readonly erase: string;
  readonly onDigit: (digit: string) => void;
  readonly onErase: () => void;
}): JSX.Element {
  useTyping((character) => {
    if (/\d/.test(character)) props.onDigit(character);
  });
  return (
    <div class="pad-block">
      <div class="pad">
        {"123456789".split("").map((digit) => (
          <button key={digit} type="button" class="key" onClick={() => props.onDigit(digit)}>
            {digit}
          </button>
        ))}
        <span />
        <button type="button" class="key" onClick={() => props.onDigit("0")}>
          0
        </button>
        <button type="button" class="key" aria-label={props.erase} onClick={props.onErase}>
          <Icon name="erase" />
        </button>
      </div>
    </div>
  );
}

function ShowPasskey({ passkey, entered }: { readonly passkey: string; readonly entered: number }): JSX.Element {
  const words = useKioskWords();
  return (
    <Frame title={words.pair.showTitle} lead={words.pair.connectingText}>
      <Digits passkey={passkey} />
      <p class="dots" role="img" aria-label={words.pair.showEntered(entered)}>
        {[0, 1, 2, 3, 4, 5].map((place) => (
          <span key={place} class={place < entered ? "is-on" : ""} />
        ))}
      </p>
      <p class="faint" role="status">
        {words.pair.showEntered(entered)}
      </p>
    </Frame>
  );
}

/** Large, in two groups of three; a screen reader says digit by digit. */
function Digits({ passkey }: { readonly passkey: string }): JSX.Element {
  return (
    <p class="digits figures">
      <span class="unseen">{passkey.split("").join(" ")}</span>
      <span aria-hidden="true">{passkey.slice(0, 3)}</span>
      <span aria-hidden="true">{passkey.slice(3)}</span>
    </p>
  );
}

function YesOrNo(props: {
  readonly passkey: string | null;
  readonly onAnswer: (answer: "yes" | "no") => void;
}): JSX.Element {
  const words = useKioskWords();
  const { isBusy } = useKiosk();
  const isComparison = props.passkey !== null;
  return (
    <Frame
      title={isComparison ? words.pair.compareTitle : words.pair.authoriseTitle}
      lead={isComparison ? undefined : words.pair.authoriseText}
      picture={isComparison ? undefined : <PairingDrawing kind={null} />}
      actions={
        <>
          <Button size="large" icon="close" isDisabled={isBusy} onPress={() => props.onAnswer("no")}>
            {isComparison ? words.pair.different : words.pair.no}
          </Button>
          <Button look="primary" size="large" icon="check" isBusy={isBusy} onPress={() => props.onAnswer("yes")}>
            {isComparison ? words.pair.same : words.pair.yes}
          </Button>
        </>
      }
    >
      {props.passkey !== null && <Digits passkey={props.passkey} />}
    </Frame>
  );
}

/** Of older devices: mostly digits; a keyboard may type letters. */
function EnterPin({ onAnswer }: { readonly onAnswer: (pin: string) => void }): JSX.Element {
  const words = useKioskWords();
  const { isBusy } = useKiosk();
  const [pin, setPin] = useState("");
  const edit = (changed: (pin: string) => string): void => setPin((typed) => changed(typed).slice(0, 16));
  return (
    <Frame
      title={words.pair.pinTitle}
      lead={words.pair.pinText}
      shape="split"
      keys={
        <DigitPad
          erase={words.pair.eraseDigit}
          onDigit={(digit) => edit((typed) => typed + digit)}
          onErase={() => edit((typed) => typed.slice(0, -1))}
        />
      }
      actions={
        <Button look="primary" size="large" isBusy={isBusy} isDisabled={pin === ""} onPress={() => onAnswer(pin)}>
          {words.pair.connect}
        </Button>
      }
    >
      <input
        class="code__field figures"
        aria-label={words.pair.pin}
        value={pin}
        inputMode="none"
        autocomplete="off"
        spellcheck={false}
        onInput={({ currentTarget }) => edit(() => currentTarget.value.replaceAll(/[^A-Za-z0-9]/g, ""))}
      />
    </Frame>
  );
}
