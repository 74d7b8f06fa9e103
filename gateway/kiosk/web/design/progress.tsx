import type { JSX } from "preact";

/** Something is under way, for who knows how long. What it is stands beside it in words. */
export function Spinner({ size = "large" }: { readonly size?: "large" | "small" }): JSX.Element {
  return (
    <svg class={`spinner spinner--${size}`} viewBox="0 0 48 48" aria-hidden="true" focusable="false">
      <circle cx="24" cy="24" r="20" fill="none" stroke="currentColor" stroke-width="5" opacity="0.2" />
      <path d="M24 4a20 20 0 0 1 20 20" fill="none" stroke="currentColor" stroke-width="5" stroke-linecap="round" />
    </svg>
  );
}
