/**
 * Marks what a finger touches with `data-pressed`, in the frame after the touch, until the finger has left and long enough
 * to be seen. `:active` does not do that: on a touch screen a browser sets it when it knows that nobody scrolls, which for a
 * short tap is after the finger has left.
 */
export function markPresses(page: Document): void {
  let mark: Mark | null = null;
  const clear = (): void => {
    clearTimeout(mark?.timer);
    mark?.button.removeAttribute(attribute);
    mark = null;
  };
  page.addEventListener(
    "pointerdown",
    ({ target, isPrimary, button: which }) => {
      if (!isPrimary || which !== 0) return;
      clear();
      const button = target instanceof Element ? target.closest(pressable) : null;
      if (button === null) return;
      button.setAttribute(attribute, "");
      mark = { button, atMs: performance.now(), timer: undefined };
    },
    { capture: true, passive: true },
  );
  for (const leaving of ["pointerup", "pointercancel"] as const) {
    page.addEventListener(
      leaving,
      ({ isPrimary }) => {
        if (mark === null || !isPrimary) return;
        clearTimeout(mark.timer);
        mark.timer = setTimeout(clear, Math.max(0, mark.atMs + seenAfterMs - performance.now()));
      },
      { capture: true, passive: true },
    );
  }
}

interface Mark {
  readonly button: Element;
  readonly atMs: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

const attribute = "data-pressed";
const pressable = `button:not(:disabled, [aria-disabled="true"])`;
/** Shorter than this, a press may pass unseen. */
const seenAfterMs = 120;
