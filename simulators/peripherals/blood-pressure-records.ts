import { isKnown } from "../../device-drivers/measurement/device-time.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { GattCharacteristic } from "../../device-drivers/ports/gatt.ts";
import { encodeRecordSegment, splitRecord } from "../../device-drivers/profiles/blood-pressure/record-codec.ts";
import { type BloodPressureFormat, type BloodPressureRecord, enhancedFrame } from "./blood-pressure-record.ts";
import type { GattTable } from "./gatt-table.ts";
import { type RecordAccessOptions, RecordAccessServer } from "./record-access-server.ts";
import type { RecordMemory } from "./record-memory.ts";
import type { AttResult, PeripheralLink } from "./virtual-peripheral.ts";

export interface BloodPressureRecordsOptions {
  readonly clock: Clock;
  readonly table: GattTable;
  readonly memory: RecordMemory<BloodPressureRecord>;
  readonly format: BloodPressureFormat;
  readonly options: Partial<RecordAccessOptions>;
  /** Every segment of the record was handed over; they are given one after the other. */
  readonly whenShown: (record: BloodPressureRecord, bytes: Uint8Array) => void;
}

/** What version 1.1 of the Blood Pressure Service adds: 2B36, in segments, by Record Access. */
export class BloodPressureRecords {
  readonly server: RecordAccessServer<BloodPressureRecord>;
  readonly #options: BloodPressureRecordsOptions;
  readonly #record: GattCharacteristic;
  readonly #controlPoint: GattCharacteristic;
  #segmentCounter = 0;

  constructor(options: BloodPressureRecordsOptions) {
    this.#options = options;
    const { table, memory, clock } = options;
    table.add({ service: "1810", uuid: "2B34", properties: ["indicate"] });
    this.#record = table.add({ service: "1810", uuid: "2B36", properties: ["notify"] });
    this.#controlPoint = table.add({ service: "1810", uuid: "2A52", properties: ["write", "indicate"] });
    this.server = new RecordAccessServer<BloodPressureRecord>(
      {
        list: () => memory.list(),
        sequenceNumber: (record) => record.sequenceNumber,
        userFacingTime: ({ time }) => (isKnown(time) ? time : null),
        report: (link, record) => this.#report(link, record),
        flush: async () => {},
        forget: (records) => memory.forget(records),
      },
      clock,
      { errorCodes: "common", ...options.options },
    );
  }

  connect(link: PeripheralLink): {
    readonly write: (handle: number, value: Uint8Array) => AttResult | null;
    readonly configure: (handle: number, enabled: boolean) => AttResult;
  } {
    const handles = { controlPoint: this.#controlPoint.handle, records: this.#record.handle };
    const access = this.server.connect(link, handles);
    return {
      write: (handle, value) => (handle === handles.controlPoint ? access.write(value) : null),
      configure: (handle, enabled) => access.configure(handle, enabled),
    };
  }

  async #report(link: PeripheralLink, record: BloodPressureRecord): Promise<boolean> {
    const data = enhancedFrame(record, this.#options.format);
    const whole = { sequenceNumber: record.sequenceNumber, uuid: 0x2b34, data };
    const segments = splitRecord(whole, segmentDataOctets, this.#segmentCounter).map(encodeRecordSegment);
    this.#segmentCounter = (this.#segmentCounter + segments.length) % 64;
    let handedOver = 0;
    for (const segment of segments) {
      const delivery = await link.notify(this.#record.handle, segment);
      if (delivery === "link-ended") return false;
      if (delivery === "handed-over") handedOver += 1;
    }
    if (handedOver === segments.length) {
      this.#options.whenShown(record, Buffer.concat(segments));
    }
    return true;
  }
}

/** What the default MTU of 23 leaves: 3 octets are ATT's and 5 the segment's header. */
const segmentDataOctets = 15;
