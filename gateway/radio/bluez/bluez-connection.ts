import type { Clock } from "../../../device-drivers/ports/clock.ts";
import { gattErrors } from "../../../device-drivers/ports/gatt-error.ts";
import { stringsOf } from "./bluez-advertisement.ts";
import { connectFailure } from "./bluez-failure.ts";
import { characteristicsOf } from "./bluez-gatt.ts";
import { bluezInterfaces } from "./bluez-names.ts";
import type { BluezObjects, Properties } from "./bluez-objects.ts";
import { bluezUuid } from "./bluez-uuid.ts";
import { DBusFailure } from "./dbus-failure.ts";
import { within } from "../within.ts";

export interface ConnectionTimes {
  /** For a device that bluetoothd does not remember: until it is heard. */
  readonly findTimeoutMs: number;
  /** Until the link layer is connected. bluetoothd itself gives up after 40 s. */
  readonly connectTimeoutMs: number;
  /** From there until the services are known. */
  readonly resolveTimeoutMs: number;
  /** Until a connection that was ended has ended; bluetoothd waits for 2 s before it begins to. */
  readonly disconnectTimeoutMs: number;
}

export const defaultTimes: ConnectionTimes = {
  findTimeoutMs: 10_000,
  connectTimeoutMs: 30_000,
  resolveTimeoutMs: 20_000,
  disconnectTimeoutMs: 8_000,
};

export interface ConnectionGround {
  readonly objects: BluezObjects;
  readonly clock: Clock;
  /** The device's path. */
  readonly path: string;
  readonly times: ConnectionTimes;
}

/** After a bonded device has ended a connection at once, bluetoothd often connects again by itself, within 0.1 s. */
const selfReconnectMs = 1_000;
/**
 * bluetoothd answers Connect when its ATT socket is connected, and tells of the connection when the kernel's management
 * socket does: either may come first.
 */
const tellMs = 500;
const lateTableMs = 3_000;
/** bluetoothd reads the level itself, after the services are known; seen 0.1 s later. */
const batteryMs = 400;

/**
 * Connects, and resolves when the services are known. A connection that somebody else has left standing is used.
 *
 * A device that has lost the key of its bond ends each connection as soon as it is encrypted (HCI reason 0x05), or
 * leaves it hanging; bluetoothd says neither. So a bonded device with which that happens twice in a row, or which does
 * not show its services in time, is told as `bond-lost`. Of a connection that was there before, neither says anything.
 */
export async function establish(ground: ConnectionGround, signal: AbortSignal): Promise<void> {
  const wasConnected = deviceOf(ground)["Connected"] === true;
  for (let drops = wasConnected ? 0 : 1; ; drops += 1) {
    await connect(ground, signal);
    await connectionWithin(tellMs, ground, signal);
    const isProof = drops > 0 && isBonded(ground);
    if (await isResolved(ground, isProof, signal)) {
      await barrier(ground, signal);
      if (characteristicsOf(ground.objects, ground.path).size === 0) await lateTable(ground, signal);
      return await waitForBattery(ground, signal);
    }
    if (!isBonded(ground)) throw endedAtOnce();
    if (drops === 2) throw gattErrors.make("bond-lost", "the device ends each connection that uses its bond");
    await connectionWithin(selfReconnectMs, ground, signal);
  }
}

const endedAtOnce = (): Error =>
  gattErrors.make("connect-timeout", "the device ended the connection at once", { context: { endedAtOnce: true } });

/** Ends the connection, or the attempt at one, and resolves when it has ended or has had its time. Never rejects. */
export async function disconnect({ objects, clock, path, times }: ConnectionGround): Promise<void> {
  const bound = { clock, durationMs: times.disconnectTimeoutMs, signal: objects.bus.ended, late: late("disconnect") };
  await within(bound, async (signal) => {
    const request = { path, interface: bluezInterfaces.device, member: "Disconnect" };
    await objects.bus.call(request, signal).catch(() => undefined);
    await objects.until(() => objects.get(path, bluezInterfaces.device)?.["Connected"] !== true, signal);
  }).catch(() => undefined);
}

async function connect({ objects, clock, path, times }: ConnectionGround, signal: AbortSignal): Promise<void> {
  const durationMs = times.connectTimeoutMs;
  await within({ clock, durationMs, signal, late: late("connection") }, async (inTime) => {
    try {
      const request = { path, interface: bluezInterfaces.device, member: "Connect", timeoutMs: 2 * durationMs };
      await objects.bus.call(request, inTime);
    } catch (cause) {
      if (!(cause instanceof DBusFailure)) throw cause;
      // It is being connected to already; how that ends is seen in the next step.
      if (cause.name !== "org.bluez.Error.InProgress") throw connectFailure(cause);
      await objects.until(() => deviceOf({ objects, path })["Connected"] === true, inTime);
    }
  });
}

/**
 * Resolves with whether the services are known; false if the connection ended before.
 * @param isProof services that do not come show that the device does not know the key
 */
async function isResolved(ground: ConnectionGround, isProof: boolean, signal: AbortSignal): Promise<boolean> {
  const { objects, clock, path, times } = ground;
  const slow = (): Error =>
    isProof
      ? gattErrors.make("bond-lost", "the bonded device does not show its services")
      : gattErrors.make("connect-timeout", "the device does not show its services");
  const isOver = (): boolean => {
    const { Connected: connected, ServicesResolved: resolved } = deviceOf({ objects, path });
    return connected !== true || resolved === true;
  };
  const bound = { clock, durationMs: times.resolveTimeoutMs, signal, late: slow };
  await within(bound, (inTime) => objects.until(isOver, inTime));
  return deviceOf({ objects, path })["Connected"] === true;
}

/**
 * bluetoothd may say that the services are resolved before it has told of all their objects; but what it has to tell, it
 * tells before it answers a call (gdbus/object.c).
 */
async function barrier({ objects, path }: ConnectionGround, signal: AbortSignal): Promise<void> {
  const body = [bluezInterfaces.device, "ServicesResolved"];
  const request = { path, interface: bluezInterfaces.properties, member: "Get", signature: "ss", body };
  await objects.bus.call(request, signal).catch(() => signal.throwIfAborted());
}

/**
 * After an attempt that failed, bluetoothd may tell that the services are resolved well before it has any
 * (https://github.com/bluez/bluez/issues/1489). A device that has none to show is waited for as long.
 */
async function lateTable(ground: ConnectionGround, signal: AbortSignal): Promise<void> {
  const { objects, clock, path } = ground;
  const bound = { clock, durationMs: lateTableMs, signal, late: late("table") };
  const isThere = (): boolean =>
    characteristicsOf(objects, path).size > 0 || deviceOf({ objects, path })["Connected"] !== true;
  await within(bound, (inTime) => objects.until(isThere, inTime)).catch(() => signal.throwIfAborted());
  await barrier(ground, signal);
}

/** Resolves when there is a connection, or when there was none in time. */
async function connectionWithin(durationMs: number, ground: ConnectionGround, signal: AbortSignal): Promise<void> {
  const { objects, clock, path } = ground;
  const bound = { clock, durationMs, signal, late: late("connection") };
  const isConnected = (): boolean => deviceOf({ objects, path })["Connected"] === true;
  await within(bound, (inTime) => objects.until(isConnected, inTime)).catch(() => signal.throwIfAborted());
}

/** Where bluetoothd keeps the Battery Service to itself, the level is told a little later than the services. */
async function waitForBattery({ objects, clock, path }: ConnectionGround, signal: AbortSignal): Promise<void> {
  if (!stringsOf(deviceOf({ objects, path })["UUIDs"]).includes(bluezUuid("180F"))) return;
  const bound = { clock, durationMs: batteryMs, signal, late: late("battery") };
  const isKnown = (): boolean =>
    [...characteristicsOf(objects, path).values()].some(({ characteristic }) => characteristic.uuid === "2A19") ||
    objects.get(path, bluezInterfaces.device)?.["Connected"] !== true;
  await within(bound, (inTime) => objects.until(isKnown, inTime)).catch(() => signal.throwIfAborted());
}

function deviceOf({ objects, path }: Pick<ConnectionGround, "objects" | "path">): Properties {
  return objects.get(path, bluezInterfaces.device) ?? {};
}

function isBonded(ground: ConnectionGround): boolean {
  const device = deviceOf(ground);
  return (device["Bonded"] ?? device["Paired"]) === true;
}

const late = (what: string) => (): Error => gattErrors.make("connect-timeout", `the ${what} took too long`);
