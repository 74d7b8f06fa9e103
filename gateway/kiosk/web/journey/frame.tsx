import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Button } from "../design/button.tsx";
import { Notice } from "../design/notice.tsx";
import { failureGroup } from "../messages/failure-groups.ts";
import { useKiosk, useKioskWords, useSession } from "./kiosk-context.ts";

/**
 * One screen: a heading, which takes the focus when the screen comes, a picture, what there is to know, and what there is
 * to do. Give it a `key` where one screen follows another of the same kind, or the heading is not focused anew.
 */
export function Frame(props: {
  readonly title: string;
  readonly lead?: string | undefined;
  readonly picture?: ComponentChildren;
  readonly children?: ComponentChildren;
  /** What is typed with, beside the words in a wide screen. */
  readonly keys?: ComponentChildren;
  /** The one thing to do, or two of equal weight. */
  readonly actions?: ComponentChildren;
  /** `wide`: for a choice of cards. `split`: with keys. `reading`: for text. `result`: for a value and its meaning. */
  readonly shape?: "plain" | "wide" | "split" | "reading" | "result";
}): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => {
    heading.current?.focus({ preventScroll: true });
    globalThis.scrollTo(0, 0);
  }, []);
  const hasPicture = props.picture !== undefined;
  return (
    <div class={`screen screen--${props.shape ?? "plain"} ${hasPicture ? "screen--pictured" : ""}`}>
      {hasPicture && <div class="screen__picture">{props.picture}</div>}
      <div class="screen__words">
        <div class="screen__title">
          <h1 ref={heading} tabIndex={-1}>
            {props.title}
          </h1>
          {props.lead !== undefined && <p class="lead">{props.lead}</p>}
        </div>
        <Refused />
        {props.children}
        {props.actions !== undefined && <div class="screen__actions">{props.actions}</div>}
      </div>
      {props.keys !== undefined && <div class="screen__keys">{props.keys}</div>}
    </div>
  );
}

/** What was asked for last and could not be done, in plain words, with the next thing to do. */
function Refused(): JSX.Element | null {
  const { failure } = useKiosk();
  const words = useKioskWords();
  const session = useSession();
  if (failure === null) return null;
  const said = words.failures[failureGroup(failure)];
  return (
    <div class="refused">
      <Notice tone="caution" title={said.title}>
        <p>{said.text}</p>
      </Notice>
      <Button look="quiet" icon="close" label={words.goOn} onPress={session.dismissFailure}>
        {""}
      </Button>
    </div>
  );
}
