import { decodeDateTime, encodeDateTime } from "../../kit/date-time.ts";
import type { ClockObservation, DriverSession, Observed } from "../../kit/driver.ts";
import type { DecodeFault } from "../../kit/decode-fault.ts";
import { attErrorOf } from "../../kit/guarded-link.ts";
import { ok, type Result } from "../../kit/result.ts";
import type { DeviceDateTime } from "../../measurement/device-time.ts";
import { gattErrors } from "../../ports/gatt-error.ts";
import type { GattCharacteristic } from "../../ports/gatt.ts";
import { decodeCurrentTime, encodeCurrentTime } from "./codec.ts";

/**
 * Reads the device's clock, be it only to learn that it was never set, if it has one that can be read, and sets it where the quirks want that done before the
 * collection. To be called before the first record is asked for.
 */
export async function* observeClock(session: DriverSession): AsyncGenerator<Observed, void> {
  yield* visitClock(session, session.quirks.setClock === "before-collection");
}

/**
 * Sets the clock of a device that wants it done after the collection: records without a time offset would be shifted if
 * it were done while they are still on the device. To be called only when the collection has ended well. A device that
 * has hung up by then keeps its clock until the next time.
 */
export async function* setClockAfterCollection(session: DriverSession): AsyncGenerator<Observed, void> {
  if (session.quirks.setClock !== "after-collection") return;
  try {
    yield* visitClock(session, true);
  } catch (error) {
    if (!gattErrors.is(error, "link-lost")) throw error;
  }
}

async function* visitClock(session: DriverSession, set: boolean): AsyncGenerator<Observed, void> {
  const access = clockAccess(session.characteristics);
  if (access === null) return;
  const reading = await readClock(session, access);
  const setTo = set ? await setClock(session, access) : null;
  if (reading === null) return;
  const { time, at, atMonotonicMs, withinMs, bytes } = reading;
  if (!time.ok) {
    const frames = [{ characteristic: access.characteristic.uuid, bytes }];
    yield { type: "undecodable", reason: time.error.reason, frames };
    return;
  }
  const read = { deviceTime: time.value, at, atMonotonicMs, withinMs };
  yield { type: "clock", observation: { method: access.method, ...read, setTo } };
}

interface ClockAccess {
  readonly characteristic: GattCharacteristic;
  readonly method: ClockObservation["method"];
  readonly decode: (bytes: Uint8Array) => Result<DeviceDateTime, DecodeFault>;
  readonly encode: (time: DeviceDateTime) => Uint8Array;
}

/** Current Time is preferred. Date Time is what A&D cuffs and the Accu-Chek Aviva have, inside the measuring service. */
function clockAccess(characteristics: readonly GattCharacteristic[]): ClockAccess | null {
  const currentTime = characteristics.find(({ uuid }) => uuid === "2A2B");
  if (currentTime !== undefined) {
    return {
      characteristic: currentTime,
      method: "current-time",
      decode: (bytes) => {
        const current = decodeCurrentTime(bytes);
        return current.ok ? ok(current.value.time) : current;
      },
      encode: (time) =>
        encodeCurrentTime({ time, dayOfWeek: dayOfWeek(time), fractions256: 0, adjustReason: externalReference }),
    };
  }
  const dateTime = characteristics.find(({ uuid }) => uuid === "2A08");
  if (dateTime === undefined) return null;
  return { characteristic: dateTime, method: "date-time", decode: decodeDateTime, encode: encodeDateTime };
}

const externalReference = 0b10;
/** CTS 1.1: the fields that the device can set were set, others were not. */
const dataFieldIgnored = 0x80;

interface ClockReading {
  readonly time: Result<DeviceDateTime, DecodeFault>;
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly atMonotonicMs: number;
  readonly withinMs: number;
}

/** The value is taken to be from the middle of the time that reading it took. Null if the device lets no one read it. */
async function readClock({ link, clock, signal }: DriverSession, access: ClockAccess): Promise<ClockReading | null> {
  if (!access.characteristic.properties.includes("read")) return null;
  const askedMs = clock.monotonicMs();
  try {
    const bytes = await link.read(access.characteristic, signal);
    const halfMs = Math.round((clock.monotonicMs() - askedMs) / 2);
    const taken = { at: clock.now() - halfMs, atMonotonicMs: askedMs + halfMs, withinMs: halfMs };
    return { time: access.decode(bytes), bytes, ...taken };
  } catch (error) {
    if (attErrorOf(error) === null) throw error;
    return null;
  }
}

/** What the clock was set to; null if there is no time to be trusted, or the device refuses. */
async function setClock(session: DriverSession, access: ClockAccess): Promise<DeviceDateTime | null> {
  const time = session.localTime();
  if (time === null || !access.characteristic.properties.includes("write")) return null;
  try {
    await session.link.write(access.characteristic, access.encode(time), session.signal);
  } catch (error) {
    const attError = attErrorOf(error);
    if (attError === null) throw error;
    if (access.method !== "current-time" || attError !== dataFieldIgnored) return null;
  }
  return time;
}

/** 1 is Monday, 7 Sunday. */
const dayOfWeek = ({ year, month, day }: DeviceDateTime): number =>
  new Date(Date.UTC(year, month - 1, day)).getUTCDay() || 7;
