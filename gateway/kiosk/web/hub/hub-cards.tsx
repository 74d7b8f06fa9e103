import type { ComponentChildren, JSX } from "preact";
import type { HubReading, HubView } from "../../contract/hub-view.ts";
import { Button } from "../design/button.tsx";
import { Icon } from "../design/icon.tsx";
import { Badge } from "../design/notice.tsx";
import { Facts } from "../staff/section.tsx";
import { useSay, useStaffWords } from "../staff/staff-words.ts";
import type { HubClient } from "./hub-client.ts";
import { useHubWords } from "./hub-words.ts";

const lowBatteryPercent = 20;

function HubCard({ title, children }: { readonly title: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <section class="card hub__card">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

export function DevicesCard({ view: { devices } }: { readonly view: HubView }): JSX.Element | null {
  const words = useHubWords();
  if (devices.length === 0) return null;
  return (
    <HubCard title={words.devices}>
      <ul class="rows">
        {devices.map((device, at) => (
          <HubDevice key={at} device={device} />
        ))}
      </ul>
    </HubCard>
  );
}

function HubDevice({ device }: { readonly device: HubView["devices"][number] }): JSX.Element {
  const words = useHubWords();
  const { deviceKinds } = useStaffWords();
  const say = useSay();
  const { kind, lastSeenAt, batteryPercent, needsPairing } = device;
  const isLow = batteryPercent !== null && batteryPercent <= lowBatteryPercent;
  return (
    <li class="hub__device">
      <span class="device__sign">
        <Icon name={kind === "blood-pressure-monitor" ? "heart" : "device"} />
      </span>
      <div class="hub__device-words">
        <h3>{deviceKinds[kind ?? "none"]}</h3>
        <p>{lastSeenAt === null ? words.neverHeard : words.lastHeard(say.ago(lastSeenAt))}</p>
        {(device.name !== null || (batteryPercent !== null && !isLow)) && (
          <p class="small faint">
            {[device.name, batteryPercent === null || isLow ? null : words.battery(batteryPercent)]
              .filter((part) => part !== null)
              .join(" · ")}
          </p>
        )}
        {(isLow || needsPairing) && (
          <p class="row hub__marks">
            {isLow && <Badge tone="caution">{words.lowBattery(batteryPercent)}</Badge>}
            {needsPairing && <Badge tone="caution">{words.pairAgain}</Badge>}
          </p>
        )}
      </div>
    </li>
  );
}

export function SendingCard({ view }: { readonly view: HubView }): JSX.Element {
  const words = useHubWords();
  const say = useSay();
  const isConnected = view.uplink === "connected";
  return (
    <HubCard title={words.sending}>
      <Facts
        facts={[
          [
            view.waiting === 0 ? words.nothingWaits : say.count(view.waiting, words.waiting),
            <Badge tone={isConnected ? "good" : "caution"}>{words[view.uplink]}</Badge>,
          ],
          [words.lastSent, view.lastDeliveredAt === null ? words.notYet : say.ago(view.lastDeliveredAt)],
        ]}
      />
    </HubCard>
  );
}

export function ReadingsCard(props: {
  readonly readings: readonly HubReading[];
  readonly client: HubClient;
}): JSX.Element {
  const words = useHubWords();
  const { kinds, signOut } = useStaffWords();
  const say = useSay();
  return (
    <HubCard title={words.readings}>
      {props.readings.length === 0 && <p class="calm">{words.readingsNone}</p>}
      <ul class="rows">
        {props.readings.map(({ kind, text, measuredAt, delivered }, at) => (
          <li key={at} class="rows__row">
            <span class="rows__main">
              <strong class="figures">{text}</strong>
              <span class="small faint">
                {kinds[kind]} · {measuredAt === null ? words.unknownTime : say.dayAndTime(measuredAt)}
              </span>
            </span>
            <Badge tone={delivered ? "good" : "plain"}>{delivered ? words.sent : words.waits}</Badge>
          </li>
        ))}
      </ul>
      <Button size="small" icon="lock" onPress={() => void props.client.signOut()}>
        {signOut}
      </Button>
    </HubCard>
  );
}
