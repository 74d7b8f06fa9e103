import type { Reading } from "../../cloud-sync/contract/reading.ts";
import { sqliteErrors } from "../../cloud-sync/sqlite/sqlite-error.ts";
import type { ClockObservation, CollectionEnd, Observed } from "../../device-drivers/kit/driver.ts";
import { toHex } from "../../device-drivers/kit/hex.ts";
import type { Measurement, RawFrame } from "../../device-drivers/measurement/measurement.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { GatewayListener, SessionTally } from "../gateway-event.ts";
import type { AddOutcome, KioskSession, NewQuarantineEntry, NewReading, Store } from "../store/store.ts";
import {
  attribute,
  dispositionOf,
  guestSpan,
  nobody,
  type Attribution,
  type AttributionSubject,
} from "./attribution.ts";
import type { ClockTrust } from "./clock-trust.ts";
import type { CollectOptions } from "./collect-options.ts";
import type { DeviceIdentity } from "./device-identity.ts";
import { HighWaterMark, type Mark } from "./high-water-mark.ts";
import { laneOf } from "./lane.ts";
import { slotsLeftAlone } from "./left-alone.ts";
import { justSet, measuredSpan } from "./measured-span.ts";
import { implausible } from "./plausibility.ts";
import { isWithoutClock, type ReceiptMoment } from "./reading-id.ts";
import { readingOf } from "./reading-of.ts";
import { stampOf } from "./restamp.ts";
import {
  deviceClock,
  readingTime,
  undatedTime,
  type DeviceClock,
  type DeviceTimestamp,
  type OffsetRange,
  type TimeContext,
} from "./reading-time.ts";
import type { RecordRetries } from "./record-retries.ts";
import type { ResendGuard } from "./resend-guard.ts";
import {
  byClockOf,
  collectionAfter,
  collectionCutOff,
  saveCollection,
  type CollectionMemory,
  type CollectionOutcome,
  type KeptCollection,
} from "./session-history.ts";
import type { SiteZone } from "./site-zone.ts";

export interface IntakeComponents {
  readonly store: Store;
  readonly clock: Clock;
  readonly trust: ClockTrust;
  readonly bootId: string;
  readonly zone: SiteZone;
  readonly options: CollectOptions;
  readonly retries: RecordRetries;
  readonly onEvent: GatewayListener;
}

/** The device of one session, as far as it is known when its records come. */
export interface IntakeDevice {
  readonly identity: DeviceIdentity;
  readonly description: Reading["device"];
  readonly mark: Mark;
  readonly previous: KeptCollection | null;
  /** Its record numbers count upwards, so that there can be a mark. */
  readonly countsUp: boolean;
  readonly resendGuard: ResendGuard;
}

/**
 * Makes durable what one session brings: each item is on disk when `take` resolves, and the driver is asked for the
 * next only then. Whatever cannot be a reading is set aside with its frames, never dropped.
 */
export class Intake {
  readonly #with: IntakeComponents;
  readonly #device: IntakeDevice;
  readonly #mark: HighWaterMark;
  readonly #tally = { stored: 0, known: 0, amended: 0, quarantined: 0 };
  #observed: ClockObservation | null = null;
  /** The device's clock as it was left: the last observation, or what it was set to. */
  #left: ClockObservation | null = null;
  readonly #beganMonotonicMs: number;

  constructor(components: IntakeComponents, device: IntakeDevice) {
    this.#with = components;
    this.#device = device;
    this.#mark = new HighWaterMark(device.mark);
    this.#beganMonotonicMs = components.clock.monotonicMs();
  }

  get tally(): SessionTally {
    return { ...this.#tally };
  }

  /** Gateway clock less device clock, in this session; null if it is not known. */
  get clockOffsetMs(): number | null {
    const epochAt = this.#with.trust.trustedEpoch()?.epochAt ?? null;
    return epochAt === null ? null : (this.#offsetOf(this.#observed, epochAt)?.offsetMs ?? null);
  }

  /** Resolves when the item is on disk. Rejects with what the store rejects with; then it is not. */
  async take(observed: Observed): Promise<void> {
    switch (observed.type) {
      case "measurement":
        return await this.#takeMeasurement(this.#withoutPosition(observed.measurement));
      case "clock":
        this.#observed ??= observed.observation;
        this.#left = afterSetting(observed.observation);
        return;
      case "device-fault":
      case "undecodable":
      case "implausible":
        return await this.#setAside(observed.type, observed.reason, observed.frames);
      case "incomplete":
        await this.#setAside("undecodable", observed.reason, observed.frames);
        return this.#passOrHoldBack(observed.sequenceNumber);
      case "expected":
        return;
    }
  }

  /** Saves how far the session came. `end` is null if it broke off; else `link` says how the link stood then. */
  async finish(end: CollectionEnd | null, link: CollectionOutcome["link"]): Promise<void> {
    const { store, trust } = this.#with;
    const { identity, countsUp } = this.#device;
    if (identity.type !== "identified") return;
    const moved = this.#mark.after({
      wasHeardOut: end !== null,
      counterWasReset: end?.counterWasReset ?? false,
    });
    const epochAt = trust.trustedEpoch()?.epochAt ?? null;
    const saves: Promise<void>[] = [];
    const isSound = end !== null || this.#mark.beganAtMark || !this.#mayBeginAgain();
    if (countsUp && moved !== null && isSound) saves.push(store.saveProgress({ deviceId: identity.id, ...moved }));
    const collection = epochAt === null ? null : this.#collection(end === null ? null : link, epochAt);
    if (collection !== null) saves.push(saveCollection(store, identity.id, collection));
    // Side by side, so that they share one commit.
    await Promise.all(saves);
  }

  /** What to keep of the session for the next one. `link` is null if it broke off; null if that has taught nothing. */
  #collection(link: CollectionOutcome["link"] | null, epochAt: number): KeptCollection | null {
    const { clock, bootId, zone, options } = this.#with;
    const base = { bootId, epochAt };
    const before = this.#previous(epochAt);
    const offsetsMs = this.#offsetsSeen(epochAt);
    if (link === null) {
      return before === null || offsetsMs === null ? null : { ...collectionCutOff(before, offsetsMs), base };
    }
    const at = Math.round(epochAt + clock.monotonicMs());
    const beganAt = Math.round(epochAt + this.#beganMonotonicMs);
    const clockOffsetMs = this.#offsetOf(this.#left, epochAt)?.offsetMs ?? null;
    const judging = { zone, toleranceMs: options.clockToleranceMs };
    return { ...collectionAfter(before, { at, beganAt, clockOffsetMs, offsetsMs, link }, judging), base };
  }

  /**
   * A transfer that did not begin at the mark and broke off may have lost its very first record, which only the device's
   * count would tell. It begins again, but not for ever: the link may never last for all.
   */
  #mayBeginAgain(): boolean {
    return this.#with.retries.takeOne(this.#device.identity.id, theBeginning);
  }

  async #takeMeasurement(measurement: Measurement): Promise<void> {
    const { identity } = this.#device;
    if (identity.type === "doubtful") {
      return await this.#setAside("identity-doubtful", identity.reason, measurement.frames);
    }
    const receipt = this.#receipt();
    const made = readingOf(measurement, {
      id: await this.#device.resendGuard.idOf(measurement, receipt),
      device: this.#device.description,
      time: this.#timeOf(measurement, receipt),
      owner: nobody,
    });
    const fault = made.ok ? implausible(made.value) : made.error;
    if (!made.ok || fault !== null) {
      await this.#setAside("implausible", fault ?? "", measurement.frames);
      return this.#mark.passed(measurement, "known");
    }
    const entry = await this.#placed(made.value, receipt);
    if (await this.#isLeftAlone(entry)) {
      this.#tally.known += 1;
      return this.#mark.passed(measurement, "known");
    }
    try {
      this.#count(measurement, await this.#add(entry));
    } catch (error) {
      // The store can do everything but keep this one: it must not stand in the way of all that come after it.
      if (!sqliteErrors.is(error, "store-request-failed")) throw error;
      await this.#setAside("implausible", "the store could not keep it as a reading", measurement.frames);
      this.#mark.passed(measurement, "known");
    }
  }

  /** A number that counts backwards is a place in the memory: it is another at the next reading, and no part of a record. */
  #withoutPosition(measurement: Measurement): Measurement {
    return this.#device.countsUp ? measurement : { ...measurement, sequenceNumber: null };
  }

  /** Gives the reading its person, its lane and its way. */
  async #placed(reading: Reading, receipt: ReceiptMoment): Promise<NewReading> {
    const { bootId, monotonicMs } = receipt;
    const when = { bootId, receivedMonotonicMs: monotonicMs };
    if (receipt.at === null) {
      return { reading, lane: laneOf(reading, null, this.#with.options), disposition: "undated", ...when };
    }
    const owned = { ...reading, ...(await this.#ownerOf(reading, { at: receipt.at, monotonicMs })) };
    return {
      reading: owned,
      lane: laneOf(owned, receipt.at, this.#with.options),
      disposition: dispositionOf(owned),
      ...when,
    };
  }

  /** Is it of somebody who has withdrawn, on a device that is read for another? One that has no date yet is kept until then. */
  async #isLeftAlone({ reading, disposition }: NewReading): Promise<boolean> {
    const { store, trust } = this.#with;
    if (disposition !== "hold" || reading.userSlot === null) return false;
    return (await slotsLeftAlone(store, trust.trustedNow()))(reading);
  }

  /** Assignments and sessions are looked up for each reading, because another program may change them meanwhile. */
  async #ownerOf(reading: Reading, { at: receivedAt, monotonicMs }: DatedReceipt): Promise<Attribution> {
    const stamp = stampOf(reading);
    const context = this.#timeContext({ at: receivedAt, monotonicMs });
    const subject: AttributionSubject = {
      deviceId: reading.device.id,
      userSlot: reading.userSlot,
      controlSolution: reading.kind !== "blood-pressure" && reading.controlSolution,
      time: reading.time,
      byClock: measuredSpan(stamp, context),
      shownUntil: context.previous?.shownUntil ?? null,
    };
    const [assignments, sessions] = await Promise.all([
      this.#with.store.assignments(),
      this.#sessionsFor(subject, receivedAt),
    ]);
    return attribute(subject, { assignments, sessions });
  }

  /** Earlier sessions are rivals of an open one only if that was open already when the reading may have been taken. */
  async #sessionsFor(subject: AttributionSubject, receivedAt: number): Promise<readonly KioskSession[]> {
    const { store } = this.#with;
    const open = await store.sessions(receivedAt);
    const fromAt = guestSpan(subject)?.from ?? -Infinity;
    return open.some(({ startedAt }) => startedAt <= fromAt) ? await store.sessions(fromAt) : open;
  }

  async #add(entry: NewReading): Promise<AddOutcome> {
    const outcome = await this.#with.store.add(entry);
    this.#tally[outcome] += 1;
    const { reading, lane, disposition } = entry;
    this.#with.onEvent({ type: "reading-stored", outcome, reading, lane, disposition });
    return outcome;
  }

  #count(measurement: Measurement, outcome: AddOutcome): void {
    const { sequenceNumber } = measurement;
    const isIncomplete = measurement.kind !== "blood-pressure" && measurement.contextMissing;
    const isBelowMark = sequenceNumber !== null && sequenceNumber <= (this.#mark.before.lastSequenceNumber ?? -1);
    const isSettled = outcome === "known" && isBelowMark;
    if (isIncomplete && !isSettled && sequenceNumber !== null) this.#passOrHoldBack(sequenceNumber, measurement);
    else this.#mark.passed(measurement, outcome);
  }

  #passOrHoldBack(sequenceNumber: number, record: Pick<Measurement, "deviceTime"> = { deviceTime: null }): void {
    const { identity } = this.#device;
    const mayAskAgain = this.#with.retries.takeOne(identity.id, sequenceNumber);
    if (mayAskAgain) this.#mark.heldBackBy(sequenceNumber);
    else this.#mark.passed({ sequenceNumber, deviceTime: record.deviceTime }, "known");
  }

  async #setAside(reason: NewQuarantineEntry["reason"], detail: string, frames: readonly RawFrame[]): Promise<void> {
    const deviceId = this.#device.identity.id;
    await this.#with.store.quarantine({
      deviceId,
      reason,
      detail,
      frames: frames.map(({ characteristic, bytes }) => ({ characteristic, hex: toHex(bytes) })),
      at: this.#with.trust.likelyNow(),
    });
    this.#tally.quarantined += 1;
    this.#with.onEvent({ type: "quarantined", reason, deviceId, detail });
  }

  #timeOf(measurement: Measurement, receipt: ReceiptMoment): Reading["time"] {
    const stamp: DeviceTimestamp = { ...measurement, withoutClock: isWithoutClock(measurement) };
    if (receipt.at === null) return undatedTime(stamp, this.#offsetOf(this.#observed, 0));
    return readingTime(stamp, this.#timeContext({ at: receipt.at, monotonicMs: receipt.monotonicMs }));
  }

  #timeContext({ at, monotonicMs }: DatedReceipt): TimeContext {
    const { zone, options } = this.#with;
    const epochAt = at - monotonicMs;
    return {
      zone,
      receivedAt: at,
      clock: this.#offsetOf(this.#observed, epochAt),
      previous: this.#previous(epochAt),
      toleranceMs: options.clockToleranceMs,
    };
  }

  /** Where the device's clock was in this session, before it was set and after. */
  #offsetsSeen(epochAt: number): OffsetRange | null {
    const observed = this.#offsetOf(this.#observed, epochAt);
    if (observed === null) return null;
    const { offsetMs, withinMs } = observed;
    const [least, most] = [offsetMs - withinMs, offsetMs + withinMs];
    const wasSet = [this.#observed, this.#left].some((each) => each?.setTo !== null);
    return wasSet ? { least: Math.min(least, justSet.least), most: Math.max(most, justSet.most) } : { least, most };
  }

  #previous(epochAt: number): CollectionMemory | null {
    const { previous } = this.#device;
    return previous === null ? null : byClockOf({ bootId: this.#with.bootId, epochAt }, previous);
  }

  #offsetOf(observation: ClockObservation | null, epochAt: number): DeviceClock | null {
    if (observation === null) return null;
    return deviceClock(observation, epochAt + observation.atMonotonicMs, this.#with.zone);
  }

  #receipt(): ReceiptMoment {
    const { clock, trust, bootId } = this.#with;
    const epochAt = trust.trustedEpoch()?.epochAt ?? null;
    const monotonicMs = Math.round(clock.monotonicMs());
    return { at: epochAt === null ? null : Math.round(epochAt + monotonicMs), bootId, monotonicMs };
  }
}

/** Both clocks of the gateway at a receipt, where its wall clock was trusted. */
interface DatedReceipt {
  readonly at: number;
  readonly monotonicMs: number;
}

/** Stands for the record before the first, among those that are asked for again. */
const theBeginning = -1;

const afterSetting = (observation: ClockObservation): ClockObservation =>
  observation.setTo === null ? observation : { ...observation, deviceTime: observation.setTo };
