import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { NearDevice, StaffDevice } from "../../contract/staff-view.ts";
import { Button } from "../design/button.tsx";
import { Icon } from "../design/icon.tsx";
import { Badge, type Tone } from "../design/notice.tsx";
import type { StaffWords } from "../messages/staff-en.ts";
import { Decision } from "./decision.tsx";
import { deviceName } from "./device-name.ts";
import { NewAssignment } from "./new-assignment.tsx";
import { type Fact, Facts, Section } from "./section.tsx";
import { type Say, useSay, useStaffWords } from "./staff-words.ts";

export function DevicesSection({ devices }: { readonly devices: readonly StaffDevice[] }): JSX.Element {
  const words = useStaffWords();
  return (
    <Section id="devices" title={words.devices.title} isWide>
      {devices.length === 0 && <p class="calm">{words.devices.none}</p>}
      <ul class="devices">
        {devices.map((device) => (
          <DeviceCard key={device.id} device={device} />
        ))}
      </ul>
    </Section>
  );
}

type Asked = "assign" | "kiosk" | "forget";

function DeviceCard({ device }: { readonly device: StaffDevice }): JSX.Element {
  const words = useStaffWords();
  const say = useSay();
  const [asked, setAsked] = useState<Asked | null>(null);
  const dismiss = (): void => setAsked(null);
  const { bond } = device;
  return (
    <li class="device">
      <div class="device__head">
        <span class="device__sign">
          <Icon name={device.kind === "blood-pressure-monitor" ? "heart" : "device"} />
        </span>
        <div>
          <h3>{deviceName(device, words)}</h3>
          <p class="small faint">
            {[words.deviceKinds[device.kind ?? "none"], device.manufacturer, device.model].filter(Boolean).join(" · ")}
          </p>
        </div>
      </div>
      <p class="row device__marks">
        {bond !== null && <Badge tone={bondTones[bond]}>{words.devices.bond[bond]}</Badge>}
        {device.isKiosks && <Badge tone="info">{words.devices.kiosk}</Badge>}
      </p>
      <Facts facts={factsOf(device, words, say)} />
      <div class="row device__actions">
        <Button size="small" onPress={() => setAsked("assign")}>
          {words.devices.assign}
        </Button>
        <Button size="small" onPress={() => setAsked("kiosk")}>
          {device.isKiosks ? words.devices.endKiosks : words.devices.makeKiosks}
        </Button>
        <Button size="small" look="danger" onPress={() => setAsked("forget")}>
          {words.devices.forget}
        </Button>
      </div>
      {asked === "assign" && <NewAssignment device={device} onEnd={dismiss} />}
      {asked === "kiosk" && <KiosksDecision device={device} onEnd={dismiss} />}
      {asked === "forget" && (
        <Decision
          title={words.devices.forgetTitle(deviceName(device, words))}
          text={words.devices.forgetText}
          yes={words.devices.forgetYes}
          path="/api/staff/devices/forget"
          body={{ deviceId: device.id }}
          isGrave
          onDone={dismiss}
          onDismiss={dismiss}
        />
      )}
    </li>
  );
}

const bondTones: Readonly<Record<NonNullable<StaffDevice["bond"]>, Tone | "plain">> = {
  none: "plain",
  bonded: "good",
  lost: "caution",
};

const clockOffMsMin = 120_000;

function factsOf(device: StaffDevice, { devices: words }: StaffWords, say: Say): readonly Fact[] {
  const { batteryPercent, clockOffsetMs, rssiDbm, serial, assignments, lastSeenAt } = device;
  const clock =
    clockOffsetMs === null
      ? words.unknown
      : Math.abs(clockOffsetMs) < clockOffMsMin
        ? words.clockRight
        : words.clockOff(say.span(Math.abs(clockOffsetMs)), clockOffsetMs > 0);
  return [
    [words.battery, batteryPercent === null ? words.unknown : words.batteryLeft(batteryPercent)],
    [words.lastSeen, say.ago(lastSeenAt)],
    [words.signal, rssiDbm === null ? words.notHeard : <Signal rssiDbm={rssiDbm} />],
    [words.clock, clock],
    [words.serial, serial ?? words.unknown],
    [words.owners, String(assignments)],
  ];
}

function KiosksDecision({ device, onEnd }: { readonly device: StaffDevice; readonly onEnd: () => void }): JSX.Element {
  const words = useStaffWords();
  const { devices } = words;
  const name = deviceName(device, words);
  const { isKiosks } = device;
  return (
    <Decision
      title={isKiosks ? devices.unkioskTitle(name) : devices.kioskTitle(name)}
      text={isKiosks ? devices.unkioskText : devices.kioskText}
      yes={isKiosks ? devices.unkioskYes : devices.kioskYes}
      path="/api/staff/devices/kiosk"
      body={{ deviceId: device.id, isKiosks: !isKiosks }}
      onDone={onEnd}
      onDismiss={onEnd}
    />
  );
}

const nearShownMax = 12;

/** What is heard just now: those that Carepost reads, and how many others there are. */
export function NearSection({ near }: { readonly near: readonly NearDevice[] }): JSX.Element {
  const words = useStaffWords();
  const say = useSay();
  const ours = near.filter(({ driver, deviceId }) => driver !== null || deviceId !== null);
  const others = near.length - ours.length;
  return (
    <Section id="near" title={words.devices.near}>
      {ours.length === 0 && <p class="calm">{words.devices.nearNone}</p>}
      <ul class="rows">
        {ours.slice(0, nearShownMax).map((device, at) => (
          <li key={at} class="rows__row">
            <span>{device.name ?? words.devices.unnamed}</span>
            {device.deviceId !== null && <Badge tone="good">{words.devices.known}</Badge>}
            <Signal rssiDbm={device.rssiDbm} />
          </li>
        ))}
      </ul>
      {others > 0 && <p class="small faint">{say.count(others, words.devices.nearOthers)}</p>}
    </Section>
  );
}

const barsDbm = [-90, -80, -70, -60];

function Signal({ rssiDbm }: { readonly rssiDbm: number }): JSX.Element {
  const words = useStaffWords();
  const bars = barsDbm.filter((floor) => rssiDbm >= floor).length;
  return (
    <span class="signal">
      <svg class="signal__bars" viewBox="0 0 20 16" aria-hidden="true" focusable="false">
        {barsDbm.map((floor, at) => (
          <rect
            key={floor}
            class={at < bars ? "signal__bar" : "signal__bar signal__bar--off"}
            x={at * 5}
            y={12 - at * 4}
            width="3.5"
            height={4 + at * 4}
            rx="1"
          />
        ))}
      </svg>
      {words.devices.signals[bars]}
    </span>
  );
}
