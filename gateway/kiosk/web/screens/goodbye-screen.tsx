import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { VisitView } from "../../contract/visit-view.ts";
import { Button } from "../design/button.tsx";
import { GoodbyeDrawing } from "../drawings/scene-drawings.tsx";
import { useSecondsLeft } from "../journey/countdown.ts";
import { Frame } from "../journey/frame.tsx";
import { useKiosk, useKioskWords, useSession } from "../journey/kiosk-context.ts";

/** Why it is over, and how long this stays; it goes by itself, or by hand. */
export function GoodbyeScreen({ visit }: { readonly visit: VisitView }): JSX.Element {
  const words = useKioskWords();
  const session = useSession();
  const { visitAt } = useKiosk();
  const [arrivedAt] = useState(visitAt);
  const seconds = useSecondsLeft(visit.endsInMs ?? staysMs, visit.endsInMs === null ? arrivedAt : visitAt);
  const isUp = seconds === 0;
  useEffect(() => {
    if (isUp) session.close();
  }, [isUp]);
  const { title, text } = words.goodbye[visit.ended ?? "done"];
  return (
    <Frame
      title={title}
      lead={text}
      picture={<GoodbyeDrawing />}
      actions={
        <Button size="large" onPress={session.close}>
          {words.goodbye.close}
        </Button>
      }
    >
      {visit.ended !== "refused" && <p>{words.goodbye.take}</p>}
      <p class="small faint figures">{words.goodbye.closesIn(String(seconds))}</p>
    </Frame>
  );
}

const staysMs = 12_000;
