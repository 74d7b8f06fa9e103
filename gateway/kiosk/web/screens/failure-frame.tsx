import type { JSX } from "preact";
import { PauseDrawing } from "../drawings/scene-drawings.tsx";
import { Button } from "../design/button.tsx";
import { Frame } from "../journey/frame.tsx";
import { useKiosk, useKioskWords, useSession } from "../journey/kiosk-context.ts";
import { failureGroup } from "../messages/failure-groups.ts";

/** What went wrong on the way, what to do about it, and the button for that. */
export function FailureFrame(props: {
  readonly failure: { readonly code: string; readonly mayRetry: boolean };
  readonly onRetry: () => void;
}): JSX.Element {
  const words = useKioskWords();
  const session = useSession();
  const { isBusy } = useKiosk();
  const said = words.failures[failureGroup(props.failure.code)];
  return (
    <Frame
      title={said.title}
      lead={said.text}
      picture={<PauseDrawing />}
      actions={
        props.failure.mayRetry ? (
          <Button look="primary" size="large" icon="refresh" isBusy={isBusy} onPress={props.onRetry}>
            {words.tryAgain}
          </Button>
        ) : (
          <Button look="primary" size="large" icon="device" isBusy={isBusy} onPress={() => session.goTo("choose")}>
            {words.choose.another}
          </Button>
        )
      }
    />
  );
}
