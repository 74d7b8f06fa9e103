import type { JSX } from "preact";

/** Of Carepost: the same as `mark.svg`, in the colours of the page. */
export function Mark(): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="9" />
      <path d="M5 17h6l3-8 5 14 3-6h5" />
    </svg>
  );
}
