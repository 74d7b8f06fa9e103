import type { ComponentChildren, JSX } from "preact";
import { Icon, type IconName } from "./icon.tsx";

export type Tone = "info" | "good" | "caution" | "urgent";

/** Something that has to be known now. An urgent one interrupts who hears the page; the others wait for a pause. */
export function Notice(props: {
  readonly tone: Tone;
  readonly title: string;
  readonly children?: ComponentChildren;
  /** It was there when the screen came: it is read in its turn, and not announced. */
  readonly isStatic?: boolean;
}): JSX.Element {
  const role = props.tone === "urgent" ? "alert" : "status";
  return (
    <div class={`notice notice--${props.tone}`} role={props.isStatic === true ? undefined : role}>
      <Icon name={toneIcons[props.tone]} />
      <div>
        <p class="notice__title">{props.title}</p>
        {props.children}
      </div>
    </div>
  );
}

/** A state in a word: its sign differs as its colour does. */
export function Badge({
  tone,
  children,
}: {
  readonly tone: Tone | "plain";
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <span class={`badge badge--${tone}`}>
      {tone !== "plain" && <Icon name={toneIcons[tone]} />}
      {children}
    </span>
  );
}

const toneIcons: Readonly<Record<Tone, IconName>> = { info: "info", good: "check", caution: "alert", urgent: "stop" };
