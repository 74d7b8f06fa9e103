import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

/**
 * A question that must be answered before anything else. It is there as long as it is rendered; Escape is `onDismiss`.
 * The browser keeps the focus within, and gives it back.
 */
export function Dialog(props: {
  readonly title: string;
  readonly children: ComponentChildren;
  readonly actions: ComponentChildren;
  readonly onDismiss: () => void;
}): JSX.Element {
  const place = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const dialog = place.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  const dismiss = (event: Event): void => {
    event.preventDefault();
    props.onDismiss();
  };
  return (
    <dialog ref={place} class="dialog" aria-labelledby={heading} onCancel={dismiss}>
      <h2 id={heading}>{props.title}</h2>
      {props.children}
      <div class="dialog__actions">{props.actions}</div>
    </dialog>
  );
}
