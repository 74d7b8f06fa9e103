import { useLayoutEffect } from "preact/hooks";

/** Calls back with each character that is typed anywhere on the page but into a field: scanners type, and know no fields. */
export function useTyping(onCharacter: (character: string) => void): void {
  // A scanner types its next character within milliseconds: before anything is painted.
  useLayoutEffect(() => {
    const hear = (event: KeyboardEvent): void => {
      const isField = event.target instanceof HTMLInputElement;
      const isWord = /^[A-Za-z0-9_.:-]$/.test(event.key);
      if (isField || !isWord || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      onCharacter(event.key);
    };
    globalThis.addEventListener("keydown", hear);
    return () => globalThis.removeEventListener("keydown", hear);
  });
}
