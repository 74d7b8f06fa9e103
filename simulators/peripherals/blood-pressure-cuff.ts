import { ok } from "../../device-drivers/kit/result.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { GattCharacteristic } from "../../device-drivers/ports/gatt.ts";
import { encodeBloodPressureFeature } from "../../device-drivers/profiles/blood-pressure/feature-codec.ts";
import {
  type BloodPressureFormat,
  bloodPressureEvent,
  bloodPressureFrame,
  type BloodPressureRecord,
  type BloodPressureSample,
  defaultBloodPressureFormat,
} from "./blood-pressure-record.ts";
import { BloodPressureRecords } from "./blood-pressure-records.ts";
import { DeviceClock, type DeviceClockOptions, trueClock } from "./device-clock.ts";
import type { DeviceObserver } from "./device-event.ts";
import { addIdentity, type DeviceIdentity, deviceName } from "./device-identity.ts";
import { FrameGarbler } from "./frame-garbler.ts";
import { GattTable } from "./gatt-table.ts";
import { justWorks, type PairingTraits } from "./pairing-traits.ts";
import type { Interruption, RecordAccessOptions, RecordAccessServer } from "./record-access-server.ts";
import { RecordMemory } from "./record-memory.ts";
import type { PeripheralLink, PeripheralSession, VirtualPeripheral } from "./virtual-peripheral.ts";
import { Wakefulness, type WakefulnessOptions, wakesAfterUse } from "./wakefulness.ts";

export interface BloodPressureCuffOptions {
  readonly identity: DeviceIdentity;
  readonly format: BloodPressureFormat;
  readonly memoryRecordsMax: number;
  readonly clock: DeviceClockOptions;
  /**
   * What becomes of a record when its indication was confirmed. `forgets` is the cuff that a gateway must fear: what it
   * confirms and then loses is lost for ever.
   */
  readonly afterConfirmation: "forgets" | "keeps-silently" | "shows-again";
  /** How long it takes to begin its dump, once subscribed to. */
  readonly dumpDelayMs: number;
  readonly recordIntervalMs: number;
  /** Blood Pressure Service 1.1: records by Record Access as 2B36, instead of a dump. Null for a cuff of 1.0. */
  readonly recordAccess: Partial<RecordAccessOptions> | null;
  readonly wakefulness: WakefulnessOptions;
  readonly requiresBond: boolean;
  readonly pairing: PairingTraits;
}

export const plainCuff: Omit<BloodPressureCuffOptions, "identity"> = {
  format: defaultBloodPressureFormat,
  memoryRecordsMax: 100,
  clock: { ...trueClock, readBy: "date-time" },
  afterConfirmation: "keeps-silently",
  dumpDelayMs: 0,
  recordIntervalMs: 0,
  recordAccess: null,
  wakefulness: wakesAfterUse,
  requiresBond: true,
  pairing: justWorks,
};

export interface BloodPressureCuffPorts {
  readonly clock: Clock;
  readonly observe: DeviceObserver;
}

/** A virtual cuff (Blood Pressure Service 1.0, or 1.1 with Record Access). Subscribed to, it dumps what it holds. */
export class BloodPressureCuff implements VirtualPeripheral {
  readonly options: BloodPressureCuffOptions;
  readonly deviceClock: DeviceClock;
  readonly services = ["1810"];
  /** Spoils what is dumped. */
  readonly garbler = new FrameGarbler();
  readonly #ports: BloodPressureCuffPorts;
  readonly #table = new GattTable();
  readonly #measurement: GattCharacteristic;
  readonly #records: BloodPressureRecords | null;
  readonly #memory: RecordMemory<BloodPressureRecord>;
  readonly #confirmed = new WeakSet<BloodPressureRecord>();
  readonly #shown = new WeakSet<BloodPressureRecord>();
  readonly #wakefulness: Wakefulness;
  #dump: Dump | null = null;
  #recordCount = 0;

  constructor(ports: BloodPressureCuffPorts, options: BloodPressureCuffOptions) {
    this.options = options;
    this.#ports = ports;
    this.deviceClock = new DeviceClock(ports.clock, options.clock);
    this.#memory = new RecordMemory(options.memoryRecordsMax);
    this.#wakefulness = new Wakefulness(ports.clock, options.wakefulness);
    addIdentity(this.#table, options.identity);
    this.deviceClock.declare(this.#table, "1810");
    this.#measurement = this.#table.add({ service: "1810", uuid: "2A35", properties: ["indicate"] });
    this.#table.add({
      service: "1810",
      uuid: "2A49",
      properties: ["read"],
      read: () => encodeBloodPressureFeature(features),
    });
    this.#records = this.#declareRecordAccess();
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

  get characteristics(): readonly GattCharacteristic[] {
    return this.#table.characteristics;
  }

  /** Null for a cuff of version 1.0. */
  get recordAccess(): RecordAccessServer<BloodPressureRecord> | null {
    return this.#records?.server ?? null;
  }

  isAdvertising(): boolean {
    return this.#wakefulness.isAwake();
  }

  accept(link: PeripheralLink): PeripheralSession {
    const dump: Dump = { link, sent: new WeakSet(), isOn: false, isRunning: false };
    this.#dump = dump;
    const access = this.#records?.connect(link) ?? null;
    return this.#table.session({
      write: (handle, value) => access?.write(handle, value) ?? null,
      configure: (handle, enabled) => {
        if (handle !== this.#measurement.handle) return access?.configure(handle, enabled) ?? ok(undefined);
        dump.isOn = enabled;
        void this.#sendAll(dump);
        return ok(undefined);
      },
    });
  }

  /**
   * The cuff is inflated; then it advertises for a while. A client that is subscribed gets the record at once.
   * @param agoMs for a memory that was filled before the world began
   */
  measure(sample: BloodPressureSample, agoMs = 0): void {
    if (agoMs === 0) this.#wakefulness.use();
    this.#recordCount += 1;
    const record: BloodPressureRecord = {
      number: this.#recordCount,
      sequenceNumber: this.#recordCount % 65_536,
      sample,
      time: this.deviceClock.read(agoMs),
    };
    this.#memory.add(record);
    this.#tell("taken", record);
    if (this.#dump !== null) void this.#sendAll(this.#dump);
  }

  /** Somebody presses its button. */
  wake(): void {
    this.#wakefulness.use();
  }

  interruptNextReport(interruption: Interruption): void {
    this.#records?.server.interruptNextReport(interruption);
  }

  #declareRecordAccess(): BloodPressureRecords | null {
    const { recordAccess, format } = this.options;
    if (recordAccess === null) return null;
    return new BloodPressureRecords({
      clock: this.#ports.clock,
      table: this.#table,
      memory: this.#memory,
      format,
      options: recordAccess,
      whenShown: (record, bytes) => {
        if (this.#shown.has(record)) return;
        this.#shown.add(record);
        this.#tell("shown", record, { characteristic: "2B36", bytes });
      },
    });
  }

  /** Shows what is to be shown, oldest first, one indication at a time, and stops when the link ends. */
  async #sendAll(dump: Dump): Promise<void> {
    if (dump.isRunning || !dump.isOn || this.#records !== null) return;
    dump.isRunning = true;
    const { clock } = this.#ports;
    if (this.options.dumpDelayMs > 0) await clock.sleep(this.options.dumpDelayMs);
    for (let record = this.#nextToShow(dump); record !== null; record = this.#nextToShow(dump)) {
      dump.sent.add(record);
      const frame = bloodPressureFrame(record, this.options.format);
      const garbage = this.garbler.spoil(frame);
      const delivery = await dump.link.indicate(this.#measurement.handle, garbage ?? frame);
      if (delivery === "confirmed") this.#confirm(record, garbage);
      if (delivery === "link-ended") return;
      if (this.options.recordIntervalMs > 0) await clock.sleep(this.options.recordIntervalMs);
    }
    dump.isRunning = false;
  }

  #nextToShow(dump: Dump): BloodPressureRecord | null {
    if (!dump.isOn || dump.link.ended.aborted) return null;
    const isDue = (record: BloodPressureRecord): boolean =>
      !dump.sent.has(record) && (this.options.afterConfirmation === "shows-again" || !this.#confirmed.has(record));
    return this.#memory.list().find(isDue) ?? null;
  }

  #confirm(record: BloodPressureRecord, garbage: Uint8Array | null): void {
    this.#confirmed.add(record);
    if (this.options.afterConfirmation === "forgets") this.#memory.forget([record]);
    if (garbage !== null) this.#tell("garbage", record, { characteristic: "2A35", bytes: garbage });
    if (garbage !== null || this.#shown.has(record)) return;
    this.#shown.add(record);
    this.#tell("shown", record);
  }

  #tell(
    what: "taken" | "shown" | "garbage",
    record: BloodPressureRecord,
    frame: { readonly characteristic: "2A35" | "2B36"; readonly bytes: Uint8Array } = {
      characteristic: "2A35",
      bytes: bloodPressureFrame(record, this.options.format),
    },
  ): void {
    const told = bloodPressureEvent(record, this.options.format, frame);
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

/** What was shown to one client. */
interface Dump {
  readonly link: PeripheralLink;
  readonly sent: WeakSet<BloodPressureRecord>;
  isOn: boolean;
  isRunning: boolean;
}

const features = ["body_movement_detection", "irregular_pulse_detection"];
