import { expect, test } from "vitest";
import { attribute } from "../../../gateway/collect/attribution.ts";
import { measuredSpan } from "../../../gateway/collect/measured-span.ts";
import { type DeviceClock, readingTime } from "../../../gateway/collect/reading-time.ts";
import { collectionAfter, type CollectionMemory } from "../../../gateway/collect/session-history.ts";
import { siteZone } from "../../../gateway/collect/site-zone.ts";
import type { Assignment, KioskSession, SessionDevice } from "../../../gateway/store/store.ts";
import { calendarOf } from "../../../simulators/peripherals/device-clock.ts";
import { happens, integerBetween, seededRandom, seedOf } from "../../../simulators/random.ts";
import type { Random } from "../../../device-drivers/ports/clock.ts";

/**
 * A kiosk on a busy day. People come one after the other, measure with what stands there or with what they brought, and
 * leave. Devices transmit at once, later, or in somebody else's session; their clocks are wrong and are set now and
 * then. One device is nobody's, and is used by staff and passers-by, whoever stands at the kiosk. Whoever a reading is given to must be who measured it; nobody is always a right answer, but not always the only.
 */
const zone = siteZone("Europe/Berlin");
const minuteMs = 60_000;
const toleranceMs = 120_000;
const interleavings = 10_000;
const limit = { timeout: 180_000 };

interface Record {
  readonly person: string | null;
  /** Null for a device without a clock. */
  readonly shownMs: number | null;
  readonly userSlot: number | null;
}

interface Device {
  readonly id: string;
  readonly clock: "readable" | "unreadable-but-right" | "none";
  /** The device's local time less true UTC. */
  aheadMs: number;
  slots: ReadonlyMap<string, number>;
  records: Record[];
  previous: CollectionMemory | null;
}

const deviceClocks: readonly Device["clock"][] = ["readable", "readable", "none", "unreadable-but-right", "readable"];
/** Paired here by command line, and in nobody's hands who stands at the kiosk. */
const strange = "device-4";

const readAtOnce = { method: "current-time", withinMs: 0, wasSet: false } as const;

interface Verdict {
  readonly given: string | null;
  /** What the rule "whoever is there when it arrives" would say. */
  readonly guessed: string | null;
  readonly truth: string | null;
}

class KioskDay {
  readonly verdicts: Verdict[] = [];
  readonly #random: Random;
  readonly #assignments: Assignment[] = [];
  readonly #sessions: KioskSession[] = [];
  readonly #devices: Device[];
  #nowAt: number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    // Around both changes of the clocks, and on an ordinary day.
    const days = [Date.UTC(2026, 2, 28, 22), Date.UTC(2026, 9, 24, 21), Date.UTC(2026, 5, 10, 8)];
    this.#nowAt = (days[seed % days.length] ?? 0) + integerBetween(this.#random, 0, 4) * 60 * minuteMs;
    this.#devices = deviceClocks.map((clock, index) => ({
      id: `device-${index}`,
      clock,
      aheadMs: zone.utcOffsetMs(this.#nowAt) + (clock === "readable" ? this.#between(-400, 400) * minuteMs : 0),
      slots: new Map(),
      records: [],
      previous: null,
    }));
    this.#assignOwners();
    for (const device of this.#devices) this.#transmit(device);
  }

  play(steps: number): void {
    for (let step = 0; step < steps; step += 1) {
      this.#nowAt += integerBetween(this.#random, 1, 20 * minuteMs);
      this.#step();
    }
    for (const device of this.#devices) this.#transmit(device);
  }

  #step(): void {
    const kind = integerBetween(this.#random, 0, 9);
    const device = this.#devices[integerBetween(this.#random, 0, this.#devices.length - 1)];
    if (device === undefined) return;
    if (kind <= 2) this.#changeSession();
    else if (kind <= 5) this.#measure(device);
    else if (kind <= 8) this.#transmit(device);
    else if (device.clock === "readable") device.aheadMs += this.#between(-600, 600) * minuteMs;
  }

  #between(min: number, max: number): number {
    return integerBetween(this.#random, min, max);
  }

  /** One device is a patient's, one is a couple's with a slot each; the others are the kiosk's. */
  #assignOwners(): void {
    const [own, shared] = this.#devices;
    if (own === undefined || shared === undefined) return;
    const assignment = { consent: "consent", fromAt: this.#nowAt - 1e9, untilAt: null, source: "local" } as const;
    if (happens(this.#random, 0.5)) {
      this.#assignments.push({ ...assignment, id: "a-0", deviceId: own.id, userSlot: null, person: "owner" });
    }
    if (happens(this.#random, 0.5)) {
      const couple = ["wife", "husband"].map((person, index) => ({ person, slot: index + 1 }));
      for (const { person, slot } of couple) {
        this.#assignments.push({ ...assignment, id: `a-${slot}`, deviceId: shared.id, userSlot: slot, person });
      }
      shared.slots = new Map(couple.map(({ person, slot }) => [person, slot]));
    }
  }

  get #present(): KioskSession | null {
    return this.#sessions.find(({ endedAt }) => endedAt === null) ?? null;
  }

  /** Somebody leaves, or somebody comes. */
  #changeSession(): void {
    const present = this.#present;
    if (present !== null) {
      this.#sessions[this.#sessions.indexOf(present)] = { ...present, endedAt: this.#nowAt };
      return;
    }
    const person = ["guest-1", "guest-2", "guest-3", "owner", "wife"][this.#between(0, 4)] ?? "guest-1";
    const id = `s-${this.#sessions.length}`;
    this.#sessions.push({
      id,
      person,
      consent: "consent",
      startedAt: this.#nowAt,
      endedAt: null,
      devices: this.#named(),
    });
  }

  /** The kiosk's own. */
  #named(): readonly SessionDevice[] {
    const stay = this.#devices.filter(({ id }) => id !== strange);
    return stay.map(({ id }) => ({ deviceId: id, sinceAt: this.#nowAt }));
  }

  /** Within a session only its person measures; a device that has owners is used by them alone. */
  #measure(device: Device): void {
    const owners = this.#assignments.filter(({ deviceId }) => deviceId === device.id).map(({ person }) => person);
    const present = device.id === strange ? "walk-in" : (this.#present?.person ?? null);
    const owner = owners[this.#between(0, Math.max(0, owners.length - 1))] ?? null;
    const person = owners.length > 0 ? owner : (present ?? (happens(this.#random, 0.5) ? "walk-in" : null));
    const shownMs = device.clock === "none" ? null : this.#nowAt + device.aheadMs;
    device.records.push({ person, shownMs, userSlot: person === null ? null : (device.slots.get(person) ?? null) });
  }

  /**
   * The device shows what it has. Now and then the link is lost on the way, and now and then that looks as if the device
   * had hung up because it was done.
   */
  #transmit(device: Device): void {
    const clock =
      device.clock === "readable" ? { ...readAtOnce, offsetMs: this.#nowAt - this.#instantShown(device) } : null;
    while (device.records.length > 0) {
      if (happens(this.#random, 0.1)) {
        if (happens(this.#random, 0.5)) this.#remember(device, clock?.offsetMs ?? null, "hung-up");
        return;
      }
      const record = device.records.shift();
      if (record !== undefined) this.#receive(device, record, clock);
    }
    this.#remember(device, clock?.offsetMs ?? null, happens(this.#random, 0.8) ? "alive" : "hung-up");
  }

  #remember(device: Device, clockOffsetMs: number | null, link: "alive" | "hung-up"): void {
    const offsetsMs = clockOffsetMs === null ? null : { least: clockOffsetMs, most: clockOffsetMs };
    const outcome = { at: this.#nowAt, beganAt: this.#nowAt, clockOffsetMs, offsetsMs, link };
    device.previous = collectionAfter(device.previous, outcome, { zone, toleranceMs });
  }

  #instantShown(device: Device): number {
    return zone.instantOf(calendarOf(this.#nowAt + device.aheadMs)).at;
  }

  #receive(device: Device, record: Record, clock: DeviceClock | null): void {
    const deviceTime = record.shownMs === null ? null : calendarOf(record.shownMs);
    const stamp = { deviceTime, deviceTimeOffsetMin: null, withoutClock: deviceTime === null };
    const context = { zone, receivedAt: this.#nowAt, clock, previous: device.previous, toleranceMs };
    const subject = {
      deviceId: device.id,
      userSlot: record.userSlot,
      controlSolution: false,
      time: readingTime(stamp, context),
      byClock: measuredSpan(stamp, context),
      shownUntil: device.previous?.shownUntil ?? null,
    };
    const { person } = attribute(subject, { assignments: this.#assignments, sessions: this.#sessions });
    this.verdicts.push({ given: person, guessed: this.#present?.person ?? null, truth: record.person });
  }
}

test(`over ${interleavings} random days at a kiosk no reading is ever given to the wrong person`, limit, () => {
  const wrong: string[] = [];
  let given = 0;
  let owned = 0;
  let guessedWrong = 0;
  for (let day = 0; day < interleavings; day += 1) {
    const kiosk = new KioskDay(seedOf(11, "kiosk", day));
    kiosk.play(20);
    for (const verdict of kiosk.verdicts) {
      if (verdict.truth !== null && verdict.truth !== "walk-in") owned += 1;
      if (verdict.guessed !== null && verdict.guessed !== verdict.truth) guessedWrong += 1;
      if (verdict.given !== null) given += 1;
      if (verdict.given !== null && verdict.given !== verdict.truth) {
        wrong.push(`day ${day}: ${verdict.truth ?? "nobody"}'s was given to ${verdict.given}`);
      }
    }
  }
  expect(wrong).toEqual([]);
  // Giving nothing to anybody would be no art, and days on which guessing does no harm would prove nothing.
  expect(given / owned).toBeGreaterThan(0.2);
  expect(guessedWrong).toBeGreaterThan(interleavings);
});
