import type { JSX } from "preact";
import { Button } from "../design/button.tsx";
import { Icon, type IconName } from "../design/icon.tsx";
import { WelcomeDrawing } from "../drawings/scene-drawings.tsx";
import { Frame } from "../journey/frame.tsx";
import { useKiosk, useKioskWords } from "../journey/kiosk-context.ts";
import { useTyping } from "./typing.ts";

/** The one that waits for people. A scanner may begin, too. */
export function WelcomeScreen({ onBegin }: { readonly onBegin: (typed: string) => void }): JSX.Element {
  const words = useKioskWords();
  const { kiosk } = useKiosk();
  useTyping(onBegin);
  return (
    <Frame
      title={words.welcome.title}
      lead={words.welcome.text}
      picture={<WelcomeDrawing />}
      actions={
        <Button look="primary" size="large" iconAfter="forward" class="button--wide" onPress={() => onBegin("")}>
          {words.welcome.begin}
        </Button>
      }
    >
      <ul class="promises">
        <Promised icon="clock">{words.welcome.point1}</Promised>
        <Promised icon="check">{words.welcome.point2}</Promised>
        <Promised icon="lock">{words.welcome.point3}</Promised>
      </ul>
      {kiosk?.uplink === "disconnected" && <p class="small faint">{words.offline}</p>}
    </Frame>
  );
}

function Promised({ icon, children }: { readonly icon: IconName; readonly children: string }): JSX.Element {
  return (
    <li>
      <Icon name={icon} />
      {children}
    </li>
  );
}
