import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Spinner } from "../design/progress.tsx";
import { useKiosk, useKioskWords } from "./kiosk-context.ts";

/** The gateway takes longer than a moment over what was asked for: the touch was heard, and nobody need touch again. */
export function Working(): JSX.Element {
  const words = useKioskWords();
  const { isBusy } = useKiosk();
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    setLong(false);
    if (!isBusy) return undefined;
    const timer = setTimeout(() => setLong(true), momentMs);
    return () => clearTimeout(timer);
  }, [isBusy]);
  return (
    <div class="working" role="status">
      {isBusy && isLong && (
        <p>
          <Spinner size="small" />
          {words.loading}
        </p>
      )}
    </div>
  );
}

/** What comes sooner needs no word. */
const momentMs = 400;
