import type { JSX } from "preact";
import type { KioskView } from "../../contract/kiosk-view.ts";
import { Spinner } from "../design/progress.tsx";
import { PauseDrawing } from "../drawings/scene-drawings.tsx";
import { Frame } from "../journey/frame.tsx";
import { useKioskWords } from "../journey/kiosk-context.ts";

export type ClosedReason = "loading" | "unheard" | "radio-down" | "store-full" | "needs-staff" | "in-use";

/** Why nobody can begin just now; null if somebody can. */
export function closedReason(kiosk: KioskView | null, isHeard: boolean): ClosedReason | null {
  if (!isHeard) return "unheard";
  if (kiosk === null) return "loading";
  if (kiosk.outOfOrder !== null) return kiosk.outOfOrder;
  if (kiosk.needsStaff && kiosk.staff !== "signed-in") return "needs-staff";
  return kiosk.isBusy ? "in-use" : null;
}

/** It comes and goes by itself: there is nothing to press. */
export function ClosedScreen({ why }: { readonly why: ClosedReason }): JSX.Element {
  const words = useKioskWords();
  switch (why) {
    case "loading":
      return <Frame title={words.loading} picture={<Spinner />} />;
    case "unheard":
      return <Frame title={words.unheard.title} lead={words.unheard.text} picture={<PauseDrawing />} />;
    case "needs-staff":
      return <Frame title={words.needsStaff.title} lead={words.needsStaff.text} picture={<PauseDrawing />} />;
    case "in-use":
      return <Frame title={words.inUse.title} lead={words.inUse.text} picture={<PauseDrawing />} />;
    case "radio-down":
    case "store-full":
      return (
        <Frame title={words.outOfOrder.title} lead={words.outOfOrder[why]} picture={<PauseDrawing />}>
          <p>{words.outOfOrder.help}</p>
        </Frame>
      );
    default:
      return why satisfies never;
  }
}
