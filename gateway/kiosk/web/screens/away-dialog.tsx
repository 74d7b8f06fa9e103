import type { JSX } from "preact";
import { Button } from "../design/button.tsx";
import { Dialog } from "../design/dialog.tsx";
import { useSecondsLeft } from "../journey/countdown.ts";
import { useKioskWords, useSession } from "../journey/kiosk-context.ts";

/** Nobody has done anything for a while: one touch goes on; nothing ends the visit. */
export function AwayDialog({ endsInMs, since }: { readonly endsInMs: number; readonly since: number }): JSX.Element {
  const words = useKioskWords();
  const session = useSession();
  const seconds = useSecondsLeft(endsInMs, since);
  return (
    <Dialog
      title={words.away.title}
      onDismiss={session.touch}
      actions={
        <>
          <Button look="primary" size="large" onPress={session.touch}>
            {words.away.stay}
          </Button>
          <Button size="large" onPress={session.end}>
            {words.away.leave}
          </Button>
        </>
      }
    >
      <p class="lead figures" role="timer">
        {words.away.text(String(seconds))}
      </p>
    </Dialog>
  );
}
