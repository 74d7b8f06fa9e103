import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "../design/button.tsx";
import { Icon } from "../design/icon.tsx";
import { Notice } from "../design/notice.tsx";
import { Refusal } from "../live/api-client.ts";
import type { StaffWords } from "../messages/staff-en.ts";
import { Field } from "./field.tsx";
import { PinPad, pinDigitsMax, pinDigitsMin } from "./pin-pad.tsx";
import { failureText, useStaffWords } from "./staff-words.ts";

/** A name and a PIN, by fingers or by keys. What was typed leaves the page with the answer, whichever it is. */
export function SignIn(props: {
  readonly title?: string;
  readonly lead?: string;
  readonly onSignIn: (name: string, pin: string) => Promise<void>;
  readonly wasIdle?: boolean;
  readonly onCancel?: () => void;
}): JSX.Element {
  const words = useStaffWords();
  const [name, setName] = useState("");
  const [pin, setPin] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<unknown>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const isReady = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(name.trim()) && pin.length >= pinDigitsMin;
  const submit = async (): Promise<void> => {
    if (!isReady || isBusy) return;
    setBusy(true);
    setRefusal(null);
    try {
      await props.onSignIn(name.trim(), pin);
    } catch (error) {
      setRefusal(error);
    } finally {
      setPin("");
      setBusy(false);
    }
  };
  const onKey = (event: KeyboardEvent): void => {
    const isInName = event.target instanceof HTMLInputElement;
    if (event.key === "Enter" && !(event.target instanceof HTMLButtonElement)) void submit();
    else if (!isInName && /^\d$/.test(event.key)) setPin((typed) => (typed + event.key).slice(0, pinDigitsMax));
    else if (!isInName && event.key === "Backspace") setPin((typed) => typed.slice(0, -1));
  };
  return (
    <main class="sign-in" onKeyDown={onKey}>
      <div class="sign-in__head">
        <span class="sign-in__mark">
          <Icon name="lock" />
        </span>
        <h1 ref={heading} tabIndex={-1}>
          {props.title ?? words.signIn.title}
        </h1>
        <p class="lead">{props.lead ?? words.signIn.lead}</p>
      </div>
      {props.wasIdle === true && refusal === null && <Notice tone="info" title={words.signIn.ended} />}
      {refusal !== null && <Refused refusal={refusal} words={words} />}
      <Field label={words.signIn.name} value={name} onValue={setName} />
      <PinPad pin={pin} onPin={setPin} />
      <div class="sign-in__actions">
        {props.onCancel !== undefined && <Button onPress={props.onCancel}>{words.cancel}</Button>}
        <Button look="primary" size="large" isBusy={isBusy} isDisabled={!isReady} onPress={() => void submit()}>
          {words.signIn.submit}
        </Button>
      </div>
    </main>
  );
}

function Refused({ refusal, words }: { readonly refusal: unknown; readonly words: StaffWords }): JSX.Element {
  const { signIn } = words;
  const code = refusal instanceof Refusal ? refusal.code : "";
  const status = refusal instanceof Refusal ? refusal.status : 0;
  const [title, todo] =
    code === "login-locked" || status === 429
      ? [signIn.locked, signIn.lockedTodo]
      : code === "staff-closed"
        ? [signIn.closed, signIn.closedTodo]
        : code === "login-refused" || status === 401
          ? [signIn.wrong, signIn.wrongTodo]
          : [words.failed, failureText(refusal, words)];
  return (
    <Notice tone={code === "login-locked" ? "caution" : "urgent"} title={title}>
      <p>{todo}</p>
    </Notice>
  );
}
