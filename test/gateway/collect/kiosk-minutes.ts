import type { Random } from "../../../device-drivers/ports/clock.ts";
import { attribute } from "../../../gateway/collect/attribution.ts";
import { measuredSpan } from "../../../gateway/collect/measured-span.ts";
import { type DeviceClock, deviceClock, readingTime } from "../../../gateway/collect/reading-time.ts";
import {
  byClockOf,
  collectionAfter,
  collectionCutOff,
  type KeptCollection,
} from "../../../gateway/collect/session-history.ts";
import { siteZone } from "../../../gateway/collect/site-zone.ts";
import type { KioskSession } from "../../../gateway/store/store.ts";
import { calendarOf } from "../../../simulators/peripherals/device-clock.ts";
import { happens, integerBetween, seededRandom } from "../../../simulators/random.ts";

const zone = siteZone("UTC");
const toleranceMs = 120_000;
const judging = { zone, toleranceMs };
const bootId = "boot-1";
/** The last of the devices: paired by command line, and nobody's. */
const strange = 3;

interface Record {
  readonly person: string;
  /** As the device shows it; null for one without a clock. */
  readonly shownMs: number | null;
}

/** What a connection has learned, and what it is to bring. Times are monotonic. */
interface Transfer {
  readonly beganMs: number;
  readonly shownMs: number | null;
  readonly askedMs: number;
  readonly answeredMs: number;
  readonly wasSet: boolean;
  readonly records: Record[];
}

interface Device {
  readonly id: string;
  readonly hasClock: boolean;
  /** The device's time less the true time. */
  aheadMs: number;
  records: Record[];
  kept: KeptCollection | null;
  transfer: Transfer | null;
  /** Nobody sees a clock that was set and set back between two looks at it, nor one that was set before the first. */
  maySet: boolean;
  /** In whose hands a device is that is not the kiosk's. */
  holder: string | null;
}

export interface Verdict {
  readonly given: string | null;
  readonly truth: string;
}

/** A fault to be planted, so that it is seen whether the model finds it. */
export type Fault =
  | "none"
  | "steps-not-followed"
  | "names-everything"
  | "shown-until-the-end"
  | "read-at-once"
  | "clock-never-set";

/**
 * Minutes at a kiosk, with all that lies within seconds of each other: people who follow on each other's heels, devices
 * whose clocks are a little off and are set a little, connections that are slow, break off, and last while somebody else
 * measures, and a gateway whose own clock is put right. True time is the monotonic one.
 */
export class KioskMinutes {
  readonly verdicts: Verdict[] = [];
  readonly #random: Random;
  readonly #fault: Fault;
  readonly #devices: readonly Device[];
  #sessions: KioskSession[] = [];
  #nowMs = Date.UTC(2026, 5, 10, 8);
  /** The gateway's wall clock less the monotonic one. */
  #epochAt = 0;
  #people = 0;

  constructor(seed: number, fault: Fault) {
    this.#random = seededRandom(seed);
    this.#fault = fault;
    this.#devices = [true, true, false, true].map((hasClock, index) => ({
      id: `device-${index}`,
      hasClock,
      aheadMs: this.#between(-90_000, 90_000),
      records: [],
      kept: null,
      transfer: null,
      maySet: false,
      holder: null,
    }));
  }

  play(steps: number): void {
    for (let step = 0; step < steps; step += 1) {
      this.#nowMs += this.#between(100, happens(this.#random, 0.1) ? 20_000 : 3_000);
      this.#step();
    }
  }

  #step(): void {
    const kind = this.#between(0, 79);
    const device = this.#devices[this.#between(0, this.#devices.length - 1)];
    if (device === undefined) return;
    if (kind <= 3) this.#changeSession();
    else if (kind <= 12) this.#measure(device);
    else if (kind <= 75) this.#goOn(device);
    else if (kind === 76) this.#setClock(device);
    else if (kind === 77) this.#stepGateway();
    else this.#pair();
  }

  #between(min: number, max: number): number {
    return integerBetween(this.#random, min, max);
  }

  get #wallAt(): number {
    return this.#nowMs + this.#epochAt;
  }

  get #open(): KioskSession | null {
    return this.#sessions.find(({ endedAt }) => endedAt === null) ?? null;
  }

  #changeSession(): void {
    const open = this.#open;
    if (open !== null) {
      this.#replace(open, { ...open, endedAt: Math.max(this.#wallAt, open.startedAt) });
      for (const device of this.#devices) device.holder = null;
      return;
    }
    this.#people += 1;
    const stay = this.#devices.filter((_, index) => index !== strange || this.#fault === "names-everything");
    const devices = stay.map(({ id }) => ({ deviceId: id, sinceAt: this.#wallAt }));
    const ids = { id: `s-${this.#sessions.length}`, person: `guest-${this.#people}`, consent: "consent" };
    this.#sessions.push({ ...ids, startedAt: this.#wallAt, endedAt: null, devices });
  }

  /** The visitor takes a device in hand that is not the kiosk's. */
  #pair(): void {
    const open = this.#open;
    const device = this.#devices[strange];
    if (open === null || device === undefined || device.holder !== null) return;
    device.holder = open.person;
    const named = { deviceId: device.id, sinceAt: this.#wallAt };
    this.#replace(open, { ...open, devices: [...open.devices, named] });
  }

  #measure(device: Device): void {
    const isKiosks = device !== this.#devices[strange];
    const person = isKiosks ? (this.#open?.person ?? "walk-in") : (device.holder ?? "staff");
    device.records.push({ person, shownMs: device.hasClock ? this.#shownBy(device) : null });
  }

  #shownBy(device: Device): number {
    return Math.floor((this.#nowMs + device.aheadMs) / 1_000) * 1_000;
  }

  #setClock(device: Device): void {
    if (!device.maySet) return;
    device.maySet = false;
    device.aheadMs += this.#between(-100_000, 100_000);
  }

  /** The gateway's clock is put right. What was open by the old time ends by it, and goes on by the new. */
  #stepGateway(): void {
    const open = this.#open;
    const elapsedMs = open === null ? 0 : this.#wallAt - open.startedAt;
    this.#epochAt += this.#between(-600_000, 600_000);
    if (open === null) return;
    this.#replace(open, { ...open, endedAt: open.startedAt + elapsedMs });
    const devices = open.devices.map(({ deviceId }) => ({ deviceId, sinceAt: this.#wallAt }));
    this.#sessions.push({ ...open, id: `s-${this.#sessions.length}`, startedAt: this.#wallAt, endedAt: null, devices });
  }

  #replace(session: KioskSession, by: KioskSession): void {
    this.#sessions = this.#sessions.map((each) => (each === session ? by : each));
  }

  /** A connection begins, brings its next record, or ends. */
  #goOn(device: Device): void {
    const { transfer } = device;
    if (transfer === null) device.transfer = this.#connect(device);
    else if (happens(this.#random, 0.1)) this.#end(device, transfer, "cut-off");
    else {
      const record = transfer.records.shift();
      if (record === undefined) this.#end(device, transfer, happens(this.#random, 0.7) ? "alive" : "hung-up");
      else this.#receive(device, transfer, record);
    }
  }

  #connect(device: Device): Transfer {
    const beganMs = this.#nowMs;
    const records = [...device.records];
    this.#nowMs += this.#between(0, 300);
    const askedMs = this.#nowMs;
    this.#nowMs += this.#between(0, happens(this.#random, 0.3) ? 8_000 : 100);
    const shownMs = device.hasClock ? this.#shownBy(device) : null;
    this.#nowMs += this.#between(0, happens(this.#random, 0.3) ? 8_000 : 100);
    const answeredMs = this.#nowMs;
    const wasSet = device.hasClock && happens(this.#random, 0.2);
    // The local time is in whole seconds, and the write takes its time.
    if (wasSet) device.aheadMs = this.#epochAt - this.#between(0, 1_900);
    if (this.#fault === "read-at-once") return { beganMs, shownMs, askedMs: answeredMs, answeredMs, wasSet, records };
    return { beganMs, shownMs, askedMs, answeredMs, wasSet, records };
  }

  #clockOf({ shownMs, askedMs, answeredMs, wasSet }: Transfer): DeviceClock | null {
    if (shownMs === null) return null;
    const withinMs = (answeredMs - askedMs) / 2;
    const deviceTime = calendarOf(shownMs);
    const taken = { method: "current-time", deviceTime, at: 0, atMonotonicMs: 0, withinMs } as const;
    const setTo = wasSet ? deviceTime : null;
    return deviceClock({ ...taken, setTo }, this.#epochAt + askedMs + withinMs, zone);
  }

  #previousOf({ kept }: Device): KeptCollection | null {
    if (this.#fault === "steps-not-followed") return kept;
    return kept === null ? null : byClockOf({ bootId, epochAt: this.#epochAt }, kept);
  }

  #end(device: Device, transfer: Transfer, how: "alive" | "hung-up" | "cut-off"): void {
    device.transfer = null;
    const previous = this.#previousOf(device);
    const clock = this.#clockOf(transfer);
    const offsetsMs = clock === null ? null : rangeOf(clock);
    const base = { bootId, epochAt: this.#epochAt };
    if (clock !== null && how !== "cut-off") device.maySet = true;
    if (how === "cut-off") {
      if (previous !== null) device.kept = { ...collectionCutOff(previous, offsetsMs), base };
      return;
    }
    const beganAt = (this.#fault === "shown-until-the-end" ? this.#nowMs : transfer.beganMs) + this.#epochAt;
    const clockOffsetMs = clock === null ? null : transfer.wasSet ? 0 : clock.offsetMs;
    const outcome = { at: this.#wallAt, beganAt, clockOffsetMs, offsetsMs, link: how } as const;
    device.kept = { ...collectionAfter(previous, outcome, judging), base };
  }

  #receive(device: Device, transfer: Transfer, record: Record): void {
    device.records = device.records.filter((each) => each !== record);
    const deviceTime = record.shownMs === null ? null : calendarOf(record.shownMs);
    const stamp = { deviceTime, deviceTimeOffsetMin: null, withoutClock: deviceTime === null };
    const previous = this.#fault === "clock-never-set" ? null : this.#previousOf(device);
    const context = { ...judging, receivedAt: this.#wallAt, clock: this.#clockOf(transfer), previous };
    const subject = {
      deviceId: device.id,
      userSlot: null,
      controlSolution: false,
      time: readingTime(stamp, context),
      byClock: measuredSpan(stamp, context),
      shownUntil: this.#previousOf(device)?.shownUntil ?? null,
    };
    const { person } = attribute(subject, { assignments: [], sessions: this.#sessions });
    this.verdicts.push({ given: person, truth: record.person });
  }
}

/** As the intake keeps it: before the clock was set, and after. */
function rangeOf({ offsetMs, withinMs, wasSet }: DeviceClock) {
  const ends = [offsetMs - withinMs, offsetMs + withinMs, ...(wasSet ? [-2_000, 2_000] : [])];
  return { least: Math.min(...ends), most: Math.max(...ends) };
}
