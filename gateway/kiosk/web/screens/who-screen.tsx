import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Language } from "../../contract/visit-view.ts";
import { Button } from "../design/button.tsx";
import { Notice } from "../design/notice.tsx";
import { Frame } from "../journey/frame.tsx";
import { useKiosk, useKioskWords, useSession } from "../journey/kiosk-context.ts";
import { CodePad } from "./code-pad.tsx";
import { useTyping } from "./typing.ts";

/** Who is it? By a code of the shop's own system, scanned or typed, or nobody in particular. Left alone it goes back. */
export function WhoScreen(props: {
  readonly typed: string;
  readonly language: Language;
  readonly onAway: () => void;
}): JSX.Element {
  const words = useKioskWords();
  const session = useSession();
  const { isBusy } = useKiosk();
  const [code, setCode] = useState(props.typed);
  const [isWrong, setWrong] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const isMasked = useMasking(code);
  useGoingAway(code, props.onAway);
  const edit = (changed: (code: string) => string): void => {
    setWrong(false);
    setCode((current) => changed(current).slice(0, codeMax));
  };
  useLayoutEffect(() => {
    if (props.typed !== "") field.current?.focus();
  }, []);
  useTyping((character) => {
    field.current?.focus();
    edit((current) => current + character);
  });
  const send = (): void => {
    if (reference.test(code)) session.begin(code, props.language);
    else setWrong(true);
  };
  return (
    <Frame
      title={words.who.title}
      lead={words.who.text}
      shape="split"
      keys={
        <CodePad
          onKey={(key) => edit((current) => current + key)}
          onErase={() => edit((current) => current.slice(0, -1))}
          onDone={send}
          canBeDone={code !== "" && !isBusy}
        />
      }
      actions={<Guest language={props.language} />}
    >
      <input
        ref={field}
        class={`code__field figures ${isMasked ? "code__field--masked" : ""}`}
        aria-label={words.who.field}
        aria-invalid={isWrong}
        placeholder={words.who.scan}
        value={code}
        maxLength={codeMax}
        inputMode="none"
        autocomplete="off"
        autocapitalize="off"
        autocorrect="off"
        spellcheck={false}
        onInput={({ currentTarget }) => edit(() => currentTarget.value)}
        onKeyDown={({ key }) => {
          if (key === "Enter" && code !== "") send();
        }}
      />
      {isWrong && <Notice tone="caution" title={words.who.wrong} />}
    </Frame>
  );
}

function Guest({ language }: { readonly language: Language }): JSX.Element {
  const words = useKioskWords();
  const session = useSession();
  const { isBusy } = useKiosk();
  return (
    <div class="guest">
      <Button size="large" icon="person" isBusy={isBusy} onPress={() => session.begin(null, language)}>
        {words.who.guest}
      </Button>
      <p class="small faint">{words.who.guestText}</p>
    </div>
  );
}

/** Of `personReference` in `cloud-sync/contract/reading.ts`. */
const reference = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/;
const codeMax = 64;
const maskAfterMs = 1_500;
const goAwayAfterMs = 60_000;

/** Whoever stands behind sees the character that was typed last, for a moment, and then none. */
function useMasking(code: string): boolean {
  const [isMasked, setMasked] = useState(false);
  useEffect(() => {
    setMasked(false);
    const timer = setTimeout(() => setMasked(code !== ""), maskAfterMs);
    return () => clearTimeout(timer);
  }, [code]);
  return isMasked;
}

/** Nobody has said who they are yet: nothing is lost by going back to the beginning. */
function useGoingAway(code: string, onAway: () => void): void {
  useEffect(() => {
    let timer = setTimeout(onAway, goAwayAfterMs);
    const stay = (): void => {
      clearTimeout(timer);
      timer = setTimeout(onAway, goAwayAfterMs);
    };
    globalThis.addEventListener("pointerdown", stay);
    globalThis.addEventListener("keydown", stay);
    return () => {
      clearTimeout(timer);
      globalThis.removeEventListener("pointerdown", stay);
      globalThis.removeEventListener("keydown", stay);
    };
  }, [code]);
}
