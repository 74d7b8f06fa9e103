import { cloudEvent, type EventAttributes, sourceOfGateway, sourceOfIngestor } from "../cloud-event.ts";
import type { Command, CommandResult, GatewayEvent, GatewayState } from "../control.ts";
import type { BatchEnvelope, EventReceipt, Receipt } from "../delivery.ts";
import type { Reading } from "../reading.ts";
import type { TopicKind } from "../topics.ts";

/** An example of each message, in both forms: the conversation of one simulated gateway about one reading. */
export interface MessageExample {
  readonly name: string;
  readonly summary: string;
  readonly event: object;
  readonly plain: object;
}

const gateway = "gw-0001";
const at = Date.UTC(2026, 10, 22, 6, 31, 5);

const reading: Reading = {
  id: "0d5b2cf0-6f0e-5c0a-9d53-3f1c5a7e4b21",
  revision: 1,
  kind: "blood-pressure",
  device: {
    id: "system-id:0011223344556677",
    manufacturer: "Example",
    model: "BP-1",
    serial: "SN-0001",
    firmware: "1.0",
    systemId: "0011223344556677",
  },
  person: "sim-0001",
  attribution: { by: "assignment", reference: "assignment-1" },
  userSlot: 1,
  sequenceNumber: null,
  systolic: { value: "120", unit: "mmHg" },
  diastolic: { value: "80", unit: "mmHg" },
  meanArterialPressure: { value: "90", unit: "mmHg" },
  pulseRate: { value: "66", unit: "/min" },
  time: {
    device: "2026-11-22T06:31:02",
    deviceOffsetMin: null,
    received: "2026-11-22T06:31:04.000Z",
    clockOffsetMs: 400,
    clockMethod: "current-time",
    measured: "2026-11-22T06:31:02.000+00:00",
    uncertaintyMs: 1000,
    basis: "device",
  },
  status: [],
  frames: [{ characteristic: "2A35", hex: "1E780050005A00EA070B16061F024200010000" }],
};

const batch: BatchEnvelope = { v: 1, batch: "boot1-1", gateway, readings: [reading] };

const receipt: Receipt = { v: 1, batch: "boot1-1", stored: [[0, 0]], duplicate: [], rejected: [], at: at + 40 };

const refusal: Receipt = {
  ...receipt,
  stored: [],
  rejected: [{ position: 0, code: "reading-invalid", reason: "systolic.value: not a plain decimal number" }],
};

const event: GatewayEvent = {
  v: 1,
  id: "5f0c7a52-9f6e-5d6b-8f5e-0c6f6f0f2a11",
  gateway,
  at,
  event: { type: "tombstone", readingId: reading.id, reason: "quota" },
};

const enrolled: GatewayEvent = {
  v: 1,
  id: "7c1f4a0e-3d52-5b8e-9a43-8f0a6c2d7e90",
  gateway,
  at,
  event: {
    type: "enrolment",
    enrolment: "assignment-1",
    device: reading.device.id,
    manufacturer: reading.device.manufacturer,
    model: reading.device.model,
    userSlot: 1,
    person: "sim-0001",
    consent: "consent-1",
    fromAt: at,
  },
};

const kept: EventReceipt = { v: 1, events: [enrolled.id], at: at + 40 };

const state: GatewayState = {
  v: 1,
  gateway,
  online: true,
  version: "0.1.0",
  bootId: "boot1",
  backlog: 0,
  oldestUnsentAt: null,
  held: 0,
  clock: "trusted",
  alarm: null,
  radio: "up",
  at,
};

const command: Command = { v: 1, id: "c-1", name: "set-config", settings: { batchReadingsMax: 50 } };
const roster: Command = {
  v: 1,
  id: "c-2",
  name: "roster",
  roster: {
    version: 7,
    assignments: [
      {
        id: "assignment-1",
        device: reading.device.id,
        userSlot: 1,
        person: "sim-0001",
        consent: "consent-1",
        fromAt: at,
        untilAt: null,
      },
    ],
  },
};
const bundleAsked: Command = { v: 1, id: "c-3", name: "support-bundle" };
const result: CommandResult = { v: 1, id: "c-1", outcome: "done", code: null, message: null, at: at + 900 };
/** The bundle is `{"about":"Carepost support bundle."}`; a real one is some ten kilobytes. */
const bundleMade: CommandResult = {
  ...result,
  id: bundleAsked.id,
  bundle: {
    encoding: "gzip+base64",
    data: "H4sIAAAAAAACA6tWSkzKLy1RslJyTixKLcgvLlEoLi0oyC8qUUgqzUvJSdVTqgUABYH2FyQAAAA=",
    isWhole: true,
  },
};

const said = (kind: TopicKind, id: string, time: number | null): EventAttributes => ({
  kind,
  id,
  source: sourceOfGateway(gateway),
  at: time,
});

const answered = (id: string, { batch: subject, at: time }: Receipt): EventAttributes => ({
  kind: "receipts",
  id,
  source: sourceOfIngestor("a1b2c3"),
  at: time,
  subject,
});

const became = ({ id, at: time }: CommandResult): EventAttributes => ({
  ...said("results", `result:${id}:${time}`, time),
  subject: id,
});

const asked = ({ id }: Command): EventAttributes => ({
  kind: "commands",
  id,
  source: "https://fleet.example.org/console",
  at,
});

const example = (words: readonly [string, string], data: object, attributes: EventAttributes): MessageExample => ({
  name: words[0],
  summary: words[1],
  event: cloudEvent(attributes, data),
  plain: data,
});

export const messageExamples: Readonly<Record<TopicKind, readonly MessageExample[]>> = {
  readings: [example(["one-reading", "A batch of one reading."], batch, said("readings", batch.batch, at))],
  receipts: [
    example(["stored", "The reading is in the sink: the gateway lets go of it."], receipt, answered("1", receipt)),
    example(["rejected", "The reading is wrong, and kept as a dead letter."], refusal, answered("2", refusal)),
    example(["events", "The event is in the sink: the gateway lets go of it."], kept, {
      ...answered("3", receipt),
      subject: enrolled.id,
    }),
  ],
  events: [
    example(["tombstone", "A reading was dropped on an operator's order."], event, {
      ...said("events", event.id, null),
      subject: event.event.type,
    }),
    example(["enrolment", "A device goes home with a person."], enrolled, {
      ...said("events", enrolled.id, null),
      subject: enrolled.event.type,
    }),
  ],
  state: [example(["online", "The gateway is connected."], state, said("state", "state:boot1:2", at))],
  commands: [
    example(["set-config", "Smaller batches from now on."], command, asked(command)),
    example(["roster", "Whose devices a home hub reads."], roster, asked(roster)),
    example(["support-bundle", "The file for whoever helps."], bundleAsked, asked(bundleAsked)),
  ],
  results: [
    example(["done", "The command was carried out."], result, became(result)),
    example(["support-bundle", "It was made, and comes along, packed."], bundleMade, became(bundleMade)),
  ],
};
