import { defaultTimes } from "../../../../gateway/radio/bluez/bluez-connection.ts";
import { mirrorBluezObjects } from "../../../../gateway/radio/bluez/bluez-objects.ts";
import { BluezSession } from "../../../../gateway/radio/bluez/bluez-session.ts";
import type { RadioEvent } from "../../../../gateway/radio/managed-radio.ts";
import { createVirtualClock, type VirtualClock } from "../../../../simulators/clock/virtual-clock.ts";
import { CannedBluez } from "./canned-bluez.ts";

export const adapter = "/org/bluez/hci0";
export const address = "C0:00:00:00:00:21";
export const device = `${adapter}/dev_C0_00_00_00_00_21`;
export const characteristic = {
  service: "1810",
  uuid: "2A35",
  handle: 0x10,
  properties: ["read", "indicate"],
} as const;
export const valuePath = `${device}/service000d/char000f`;
export const names = {
  adapter: "org.bluez.Adapter1",
  device: "org.bluez.Device1",
  value: "org.bluez.GattCharacteristic1",
};
export const base = "-0000-1000-8000-00805f9b34fb";
export const never = (): Promise<never> => new Promise(() => {});

/** A session over answers and signals that the test gives. */
export interface SessionStage {
  readonly bus: CannedBluez;
  readonly clock: VirtualClock;
  readonly session: BluezSession;
  readonly told: RadioEvent[];
}

/** One adapter, and one device with these properties, which connects and shows its services at once. */
export async function sessionStage(properties: Readonly<Record<string, unknown>> = {}): Promise<SessionStage> {
  const bus = new CannedBluez();
  const clock = createVirtualClock(0);
  bus.objects[adapter] = { [names.adapter]: { Address: "00:00:00:00:00:01", Powered: true } };
  bus.objects[device] = { [names.device]: { Address: address, AddressType: "random", UUIDs: [], ...properties } };
  bus.answers["Connect"] = () => {
    bus.change(device, names.device, { Connected: true });
    resolveServices(bus);
    return [];
  };
  bus.answers["Disconnect"] = () => {
    bus.change(device, names.device, { Connected: false, ServicesResolved: false });
    return [];
  };
  const told: RadioEvent[] = [];
  const objects = await mirrorBluezObjects(bus);
  const session = new BluezSession({
    objects,
    clock,
    adapter,
    times: defaultTimes,
    operationTimeoutMs: 32_000,
    services: null,
    scanPeriodMs: 5_000,
    tell: (event) => told.push(event),
  });
  return { bus, clock, session, told };
}

/** Tells of the device's services, and that they are resolved. */
export function resolveServices(bus: CannedBluez): void {
  const service = { "org.bluez.GattService1": { UUID: `00001810${base}`, Device: device } };
  const properties = { UUID: `00002a35${base}`, Service: `${device}/service000d`, Flags: ["read", "indicate"] };
  bus.add(`${device}/service000d`, service);
  bus.add(valuePath, { [names.value]: properties });
  bus.change(device, names.device, { ServicesResolved: true });
}

/** What was called, in order, without what only asks. */
export const members = (bus: CannedBluez): readonly string[] =>
  bus.calls.map((call) => call.slice(0, call.indexOf(" "))).filter((member) => !member.startsWith("Get"));
