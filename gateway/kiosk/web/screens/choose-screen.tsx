import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import type { DeviceKind, VisitDevice, VisitView } from "../../contract/visit-view.ts";
import { Button } from "../design/button.tsx";
import { DeviceDrawing, PairingDrawing } from "../drawings/device-drawings.tsx";
import { Frame } from "../journey/frame.tsx";
import { useKiosk, useKioskWords, useSession } from "../journey/kiosk-context.ts";
import { useOwnBack } from "../journey/own-back.ts";

/** What to measure, then with which device; before an own one is paired, how to get it ready. */
export function ChooseScreen({ visit }: { readonly visit: VisitView }): JSX.Element {
  const session = useSession();
  const [page, setPage] = useState<"kinds" | "devices" | "prepare">(visit.kind === null ? "kinds" : "devices");
  const { kind } = visit;
  useOwnBack(page === "kinds" ? null : page, () => setPage(page === "prepare" ? "devices" : "kinds"));
  if (page === "kinds" || kind === null) {
    const choose = (chosen: DeviceKind): void => {
      if (chosen !== kind) session.chooseKind(chosen);
      setPage("devices");
    };
    return <Kinds key="kinds" isWaiting={page !== "kinds"} onChoose={choose} />;
  }
  if (page === "prepare") return <Prepare key="prepare" kind={kind} />;
  return <Devices key="devices" kind={kind} devices={visit.devices} onOwn={() => setPage("prepare")} />;
}

function Kinds(props: { readonly isWaiting: boolean; readonly onChoose: (kind: DeviceKind) => void }): JSX.Element {
  const words = useKioskWords();
  const { kiosk } = useKiosk();
  return (
    <Frame title={words.choose.title} shape="wide">
      <ul class="choices">
        {(kiosk?.kinds ?? []).map((kind) => (
          <Choice
            key={kind}
            isDisabled={props.isWaiting}
            picture={<DeviceDrawing kind={kind} />}
            title={words.choose[kind]}
            onPress={() => props.onChoose(kind)}
          />
        ))}
      </ul>
    </Frame>
  );
}

function Devices(props: {
  readonly kind: DeviceKind;
  readonly devices: readonly VisitDevice[];
  readonly onOwn: () => void;
}): JSX.Element {
  const words = useKioskWords();
  const session = useSession();
  const { isBusy } = useKiosk();
  return (
    <Frame title={words.choose.whichTitle} shape="wide">
      <ul class="choices">
        {props.devices.map((device) => (
          <Choice
            key={device.token}
            isDisabled={isBusy}
            picture={<DeviceDrawing kind={device.kind} />}
            title={device.of === "kiosk" ? words.choose.kiosks : (device.name ?? words.pair.unnamed)}
            text={device.of === "kiosk" ? words.choose.kiosksText : words.choose.paired}
            label={labelOf(device, words.choose.serial)}
            onPress={() => session.measure(device.token)}
          />
        ))}
        <Choice
          picture={<PairingDrawing kind={props.kind} />}
          title={words.choose.own}
          text={words.choose.ownText}
          onPress={props.onOwn}
        />
      </ul>
    </Frame>
  );
}

/** The make and model, and the end of the number on the label: to tell two devices apart that lie side by side. */
function labelOf(device: VisitDevice, serial: (end: string) => string): string {
  const made = [device.manufacturer, device.model].filter((part) => part !== null).join(" ");
  const end = device.serialEnd === null ? "" : serial(device.serialEnd);
  return [made, end].filter((part) => part !== "").join(" · ");
}

export function Choice(props: {
  readonly picture: ComponentChildren;
  readonly title: string;
  readonly text?: string;
  readonly label?: string;
  readonly isDisabled?: boolean;
  readonly onPress: () => void;
}): JSX.Element {
  return (
    <li>
      <button type="button" class="choice" disabled={props.isDisabled} onClick={props.onPress}>
        {props.picture}
        <span class="choice__title">{props.title}</span>
        {props.text !== undefined && <span class="choice__text">{props.text}</span>}
        {props.label !== undefined && props.label !== "" && <span class="choice__label">{props.label}</span>}
      </button>
    </li>
  );
}

function Prepare({ kind }: { readonly kind: DeviceKind }): JSX.Element {
  const words = useKioskWords();
  const session = useSession();
  const { isBusy } = useKiosk();
  return (
    <Frame
      title={words.pair.prepareTitle}
      picture={<PairingDrawing kind={kind} />}
      actions={
        <Button look="primary" size="large" iconAfter="forward" isBusy={isBusy} onPress={session.openPairing}>
          {words.pair.ready}
        </Button>
      }
    >
      <ol class="numbered">
        {words.pair.prepare[kind].map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      <p class="small faint">{words.pair.prepareHint}</p>
    </Frame>
  );
}
