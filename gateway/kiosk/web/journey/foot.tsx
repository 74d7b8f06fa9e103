import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { VisitView } from "../../contract/visit-view.ts";
import { Button } from "../design/button.tsx";
import { Dialog } from "../design/dialog.tsx";
import { useStore } from "../live/store.ts";
import { useKioskWords, useSession } from "./kiosk-context.ts";
import { ownBack } from "./own-back.ts";

/** Back and stop, on every screen of a visit; to stop asks once. */
export function Foot({
  onBack,
  onStop,
}: {
  readonly onBack: (() => void) | null;
  readonly onStop: (() => void) | null;
}): JSX.Element {
  const words = useKioskWords();
  const [isAsking, ask] = useState(false);
  const own = useStore(ownBack);
  const back = own ?? onBack;
  return (
    <footer class="foot">
      {back === null ? (
        <span />
      ) : (
        <Button look="quiet" icon="back" onPress={back}>
          {words.back}
        </Button>
      )}
      {onStop !== null && (
        <Button look="quiet" icon="close" onPress={() => ask(true)}>
          {words.cancel}
        </Button>
      )}
      {isAsking && onStop !== null && (
        <Dialog
          title={words.leave.title}
          onDismiss={() => ask(false)}
          actions={
            <>
              <Button size="large" look="primary" onPress={() => ask(false)}>
                {words.leave.stay}
              </Button>
              <Button
                size="large"
                onPress={() => {
                  ask(false);
                  onStop();
                }}
              >
                {words.leave.leave}
              </Button>
            </>
          }
        >
          <p class="lead">{words.leave.text}</p>
        </Dialog>
      )}
    </footer>
  );
}

/** Where "back" leads from each step of a visit; null where there is no way back. */
export function useBack(visit: VisitView, leave: () => void): (() => void) | null {
  const session = useSession();
  switch (visit.step) {
    case "consent":
      return leave;
    case "choose":
      return () => session.goTo("consent");
    case "pair":
      return session.leavePairing;
    case "measure":
      return () => session.goTo("choose");
    case "result":
      return () => session.goTo("choose");
    case "hand-over":
      return () => session.goTo("result");
    case "goodbye":
      return null;
    default:
      return visit.step satisfies never;
  }
}
