import type { ComponentChildren, JSX } from "preact";

/**
 * The paper of every picture: 400 × 300, a round line of 5 in `--ink`, and the fills `wash`, `warm`, `deep` and `paper` of
 * `drawings.css`. A picture shows what the words beside it say, so it is hidden from who hears the page.
 */
export function Drawing({
  children,
  class: extra,
}: {
  readonly children: ComponentChildren;
  readonly class?: string;
}): JSX.Element {
  return (
    <svg class={`drawing ${extra ?? ""}`} viewBox="0 0 400 300" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

/** An arm, a leg, a tube: a thick line with an outline. */
export function Limb({
  along,
  width,
  fill = "warm",
}: {
  readonly along: string;
  readonly width: number;
  readonly fill?: Fill;
}): JSX.Element {
  return (
    <>
      <path class="limb limb--edge" d={along} stroke-width={width} />
      <path class={`limb limb--${fill}`} d={along} stroke-width={width - 10} />
    </>
  );
}

export type Fill = "wash" | "warm" | "deep" | "paper";

/** A soft ground under a scene, which holds its parts together. */
export function Ground({ y }: { readonly y: number }): JSX.Element {
  return <path d={`M30 ${y}H370`} class="ground" />;
}
