import type { ComponentChildren, JSX } from "preact";

export function Card({
  children,
  class: extra,
}: {
  readonly children: ComponentChildren;
  readonly class?: string;
}): JSX.Element {
  return <div class={`card ${extra ?? ""}`}>{children}</div>;
}
