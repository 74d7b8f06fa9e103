import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { GattCharacteristic } from "../../device-drivers/ports/gatt.ts";
import { encodeGlucoseFeature } from "../../device-drivers/profiles/glucose/feature-codec.ts";
import { DeviceClock, type DeviceClockOptions, trueClock } from "./device-clock.ts";
import type { DeviceObserver } from "./device-event.ts";
import { addIdentity, type DeviceIdentity, deviceName } from "./device-identity.ts";
import { FrameGarbler } from "./frame-garbler.ts";
import { GattTable } from "./gatt-table.ts";
import {
  defaultGlucoseFormat,
  glucoseEvent,
  type GlucoseFormat,
  glucoseFrames,
  type GlucoseRecord,
  type GlucoseSample,
  userFacingTime,
} from "./glucose-record.ts";
import { justWorks, type PairingTraits } from "./pairing-traits.ts";
import {
  type Interruption,
  type RecordAccessOptions,
  RecordAccessServer,
  type RecordShelf,
} from "./record-access-server.ts";
import { RecordMemory } from "./record-memory.ts";
import type { PeripheralLink, PeripheralSession, VirtualPeripheral } from "./virtual-peripheral.ts";
import { Wakefulness, type WakefulnessOptions, wakesAfterUse } from "./wakefulness.ts";

export interface GlucoseMeterOptions {
  readonly identity: DeviceIdentity;
  readonly format: GlucoseFormat;
  readonly memoryRecordsMax: number;
  readonly clock: DeviceClockOptions;
  /** What the display adds to the internal time base; null if the meter has no such thing. */
  readonly timeOffsetMin: number | null;
  readonly firstSequenceNumber: number;
  /** `newest-is-zero`: numbers count backwards, so a record's number grows with each new one (TaiDoc). */
  readonly numbering: "ascending" | "newest-is-zero";
  readonly contexts: ContextDelivery;
  /** Each measurement is sent twice in a row. */
  readonly sendsTwice: boolean;
  readonly recordAccess: Partial<RecordAccessOptions>;
  readonly wakefulness: WakefulnessOptions;
  readonly requiresBond: boolean;
  readonly pairing: PairingTraits;
}

/** When contexts are sent: the service asks for "following". */
export interface ContextDelivery {
  readonly order: "following" | "in-bursts" | "before-the-answer" | "after-the-answer" | "missing";
  /** Of `in-bursts`: after so many measurements. */
  readonly burst: number;
  /** Of `after-the-answer`. */
  readonly delayMs: number;
}

export const plainGlucoseMeter: Omit<GlucoseMeterOptions, "identity"> = {
  format: defaultGlucoseFormat,
  memoryRecordsMax: 500,
  clock: { ...trueClock, readBy: "current-time" },
  timeOffsetMin: null,
  firstSequenceNumber: 1,
  numbering: "ascending",
  contexts: { order: "following", burst: 8, delayMs: 200 },
  sendsTwice: false,
  recordAccess: {},
  wakefulness: wakesAfterUse,
  requiresBond: true,
  pairing: justWorks,
};

export interface GlucoseMeterPorts {
  readonly clock: Clock;
  readonly observe: DeviceObserver;
}

/** A virtual glucose meter (Glucose Service 1.0.1): a memory, a Record Access server, and the habits of real ones. */
export class GlucoseMeter implements VirtualPeripheral {
  readonly options: GlucoseMeterOptions;
  readonly deviceClock: DeviceClock;
  readonly recordAccess: RecordAccessServer<GlucoseRecord>;
  /** Spoils measurements, not contexts. */
  readonly garbler = new FrameGarbler();
  readonly #ports: GlucoseMeterPorts;
  readonly #table = new GattTable();
  readonly #measurement: GattCharacteristic;
  readonly #context: GattCharacteristic;
  readonly #controlPoint: GattCharacteristic;
  readonly #memory: RecordMemory<GlucoseRecord>;
  readonly #wakefulness: Wakefulness;
  readonly #shown = { "2A18": new WeakSet<GlucoseRecord>(), "2A34": new WeakSet<GlucoseRecord>() };
  #waitingContexts: { readonly record: GlucoseRecord; readonly sequenceNumber: number; readonly bytes: Uint8Array }[] =
    [];
  #link: PeripheralLink | null = null;
  #recordCount = 0;
  #nextSequenceNumber: number;
  #timeOffsetMin: number | null;

  constructor(ports: GlucoseMeterPorts, options: GlucoseMeterOptions) {
    this.options = options;
    this.#ports = ports;
    this.deviceClock = new DeviceClock(ports.clock, options.clock);
    this.#memory = new RecordMemory(options.memoryRecordsMax);
    this.#wakefulness = new Wakefulness(ports.clock, options.wakefulness);
    this.#nextSequenceNumber = options.firstSequenceNumber;
    this.#timeOffsetMin = options.timeOffsetMin;
    addIdentity(this.#table, options.identity);
    this.deviceClock.declare(this.#table, "1808");
    this.#measurement = this.#table.add({ service: "1808", uuid: "2A18", properties: ["notify"] });
    this.#context = this.#table.add({ service: "1808", uuid: "2A34", properties: ["notify"] });
    this.#table.add({
      service: "1808",
      uuid: "2A51",
      properties: ["read"],
      read: () => encodeGlucoseFeature(features),
    });
    this.#controlPoint = this.#table.add({ service: "1808", uuid: "2A52", properties: ["write", "indicate"] });
    this.recordAccess = new RecordAccessServer(this.#shelf(), ports.clock, options.recordAccess);
  }

  get address(): string {
    return this.options.identity.address;
  }

  get addressKind(): VirtualPeripheral["addressKind"] {
    return this.options.identity.addressKind;
  }

  get name(): string | null {
    return this.options.identity.name;
  }

  get requiresBond(): boolean {
    return this.options.requiresBond;
  }

  get pairing(): PairingTraits {
    return this.options.pairing;
  }

  readonly services = ["1808"];

  get characteristics(): readonly GattCharacteristic[] {
    return this.#table.characteristics;
  }

  isAdvertising(): boolean {
    return this.#wakefulness.isAwake();
  }

  accept(link: PeripheralLink): PeripheralSession {
    this.#link = link;
    this.#waitingContexts = [];
    const handles = { controlPoint: this.#controlPoint.handle, records: this.#measurement.handle };
    const access = this.recordAccess.connect(link, handles);
    return this.#table.session({
      write: (handle, value) => (handle === handles.controlPoint ? access.write(value) : null),
      configure: (handle, enabled) => access.configure(handle, enabled),
    });
  }

  /**
   * A strip goes in: the link drops, the sample is measured, and the meter advertises for a while.
   * @param agoMs for a memory that was filled before the world began
   */
  measure(sample: GlucoseSample, agoMs = 0): void {
    if (agoMs === 0) {
      this.#link?.disconnect();
      this.#wakefulness.use();
    }
    this.#recordCount += 1;
    const record: GlucoseRecord = {
      number: this.#recordCount,
      sequenceNumber: this.#nextSequenceNumber,
      sample,
      baseTime: this.deviceClock.read(agoMs + (this.#timeOffsetMin ?? 0) * 60_000),
      timeOffsetMin: this.#timeOffsetMin,
    };
    this.#nextSequenceNumber = (this.#nextSequenceNumber + 1) % 65_536;
    this.#memory.add(record);
    const sequenceNumber = this.#sequenceNumber(record);
    const { measurement } = glucoseFrames(record, this.options.format, sequenceNumber);
    this.#tell("taken", record, { characteristic: "2A18", bytes: measurement, sequenceNumber });
  }

  /** Somebody presses its button. */
  wake(): void {
    this.#wakefulness.use();
  }

  /** The battery was changed: the counter starts again, and so does the memory of most. */
  resetCounter({ keepsMemory }: { readonly keepsMemory: boolean }): void {
    this.#nextSequenceNumber = this.options.firstSequenceNumber;
    if (!keepsMemory) this.#memory.forget(this.#memory.list());
  }

  /** The person sets the displayed time: the offset of later records changes, the time base does not. */
  adjustDisplay(byMin: number): void {
    this.#timeOffsetMin = (this.#timeOffsetMin ?? 0) + byMin;
  }

  interruptNextReport(interruption: Interruption): void {
    this.recordAccess.interruptNextReport(interruption);
  }

  #shelf(): RecordShelf<GlucoseRecord> {
    return {
      list: () => this.#memory.list(),
      sequenceNumber: (record) => this.#sequenceNumber(record),
      userFacingTime,
      report: (link, record) => this.#report(link, record),
      flush: (link, moment) => this.#flush(link, moment),
      forget: (records) => this.#memory.forget(records),
    };
  }

  #sequenceNumber(record: GlucoseRecord): number {
    if (this.options.numbering === "ascending") return record.sequenceNumber;
    const records = this.#memory.list();
    return records.length - 1 - records.indexOf(record);
  }

  async #report(link: PeripheralLink, record: GlucoseRecord): Promise<boolean> {
    const sequenceNumber = this.#sequenceNumber(record);
    const { measurement, context } = glucoseFrames(record, this.options.format, sequenceNumber);
    for (let time = 0; time < (this.options.sendsTwice ? 2 : 1); time += 1) {
      const garbage = this.garbler.spoil(measurement);
      const delivery = await link.notify(this.#measurement.handle, garbage ?? measurement);
      if (delivery === "link-ended") return false;
      const frame = { characteristic: "2A18", bytes: garbage ?? measurement, sequenceNumber } as const;
      if (delivery === "handed-over") this.#tell(garbage === null ? "shown" : "garbage", record, frame);
    }
    if (context === null || this.options.contexts.order === "missing") return true;
    this.#waitingContexts.push({ record, sequenceNumber, bytes: context });
    return this.#contextsAreDue() ? await this.#sendContexts(link) : true;
  }

  #contextsAreDue(): boolean {
    const { order, burst } = this.options.contexts;
    return order === "following" || (order === "in-bursts" && this.#waitingContexts.length >= burst);
  }

  async #flush(link: PeripheralLink, moment: "before-answer" | "after-answer"): Promise<void> {
    const { order, delayMs } = this.options.contexts;
    if (order === "after-the-answer") {
      if (moment === "before-answer" || this.#waitingContexts.length === 0) return;
      await this.#ports.clock.sleep(delayMs);
    }
    await this.#sendContexts(link);
  }

  async #sendContexts(link: PeripheralLink): Promise<boolean> {
    const contexts = this.#waitingContexts;
    this.#waitingContexts = [];
    for (const { record, sequenceNumber, bytes } of contexts) {
      const delivery = await link.notify(this.#context.handle, bytes);
      if (delivery === "link-ended") return false;
      if (delivery === "handed-over") this.#tell("shown", record, { characteristic: "2A34", bytes, sequenceNumber });
    }
    return true;
  }

  #tell(what: "taken" | "shown" | "garbage", record: GlucoseRecord, frame: Parameters<typeof glucoseEvent>[1]): void {
    const shown = this.#shown[frame.characteristic];
    if (what === "shown" && shown.has(record)) return;
    if (what === "shown") shown.add(record);
    const told = glucoseEvent(record, frame);
    this.#ports.observe({
      event: what === "taken" ? "taken" : "shown",
      at: this.#ports.clock.now(),
      device: deviceName(this.options.identity),
      ...told,
      kind: what === "garbage" ? "garbage" : told.kind,
      person: what === "taken" ? record.sample.person : null,
    });
  }
}

const features = [
  "low_battery_detection",
  "sample_size_detection",
  "strip_insertion_error_detection",
  "result_high_low_detection",
  "temperature_high_low_detection",
  "read_interrupt_detection",
];
