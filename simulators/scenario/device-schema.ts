import { z } from "zod";
import {
  address,
  count,
  duration,
  label,
  personReference,
  probability,
  signedDuration,
  span,
} from "./scenario-fields.ts";

export type DeviceDescription = z.infer<typeof deviceDescription>;
export type MeterDescription = Extract<DeviceDescription, { kind: "glucose-meter" }>;
export type CuffDescription = Extract<DeviceDescription, { kind: "blood-pressure-cuff" }>;

const clock = z
  .strictObject({
    state: z.enum(["running", "never-set", "unknown"]).default("running"),
    aheadBy: signedDuration.default(0),
    driftPerDay: signedDuration.default(0),
    readBy: z.enum(["current-time", "date-time", "none"]).optional(),
    writable: z.boolean().default(false),
  })
  .prefault({});

const awake = z
  .strictObject({
    /** How long it advertises after it was used. */
    afterUse: duration.default(30_000),
    every: duration.optional(),
    for: duration.optional(),
  })
  .refine(({ every, for: window }) => (every === undefined) === (window === undefined), {
    message: "give both `every` and `for`, or neither",
  })
  .prefault({});

/** What chance does on the way to a device; see `simulators/air/air-faults.ts`. */
export const faults = z.strictObject({
  operationLatency: span.optional(),
  valueLatency: span.optional(),
  connectLatency: span.optional(),
  connectRefusal: probability.optional(),
  connectTimeout: probability.optional(),
  advertisementLoss: probability.optional(),
  notificationLoss: probability.optional(),
  notificationReplay: probability.optional(),
  linkLossPerOperation: probability.optional(),
  linkLossPerValue: probability.optional(),
  linkLossPerConfirmation: probability.optional(),
  bondLoss: probability.optional(),
});

/** Records that are in the memory before the scenario begins. */
const history = z
  .strictObject({
    days: count.max(3_650),
    perDay: z.int().min(1).max(24).default(3),
    people: z.array(personReference).min(1).optional(),
  })
  .optional();

const recordAccess = z.strictObject({
  /** `no-delta`: all records or the newest, nothing in between. */
  operators: z.enum(["all", "no-delta"]).default("all"),
  countSupported: z.boolean().default(true),
  busyRequests: count.default(0),
  recordInterval: duration.default(0),
  doneCode: z.int().min(0).max(255).default(1),
  errorCodes: z.enum(["of-the-service", "common"]).optional(),
});

/** See `pairing-traits.ts`. */
const pairing = z.strictObject({
  io: z
    .enum(["display-only", "display-yes-no", "keyboard-only", "no-input-no-output", "keyboard-display"])
    .default("no-input-no-output"),
  secureConnections: z.boolean().default(true),
  mitm: z.boolean().default(false),
  /** Left out, it shows a new one each time. */
  passkey: z.int().min(0).max(999_999).nullable().default(null),
  requestsSecurity: z.boolean().default(false),
  forgetsKeys: z.boolean().default(false),
});

const shared = {
  name: label,
  /** Left out, it is made from the device's place in the list. */
  address: address.optional(),
  addressKind: z.enum(["public", "random-static", "random-private"]).default("public"),
  advertisedName: z.string().max(29).optional(),
  manufacturer: z.string().max(64).nullable().default("Carepost Simulators"),
  model: z.string().max(64).nullable().optional(),
  /** Left out, it is made from the name; null for a device that has none. */
  serial: z.string().max(64).nullable().optional(),
  firmware: z.string().max(64).nullable().default("1.0"),
  /** Does it tell a System ID, made from its address? */
  systemId: z.boolean().default(true),
  batteryPercent: z.int().min(0).max(100).nullable().default(80),
  /** Texts are filled up with NUL to this many octets. */
  textOctets: z.int().min(0).max(64).default(0),
  clock,
  awake,
  bond: z.boolean().default(true),
  pairing: pairing.prefault({}),
  /** Nobody has paired it yet: the gateway has no key of it. */
  unpaired: z.boolean().default(false),
  faults: faults.prefault({}),
  history,
};

const glucoseMeter = z.strictObject({
  ...shared,
  kind: z.literal("glucose-meter"),
  /** Whose it is; a meter of a clinic has nobody. */
  owner: personReference.optional(),
  unit: z.enum(["mg/dL", "mmol/L"]).default("mg/dL"),
  memory: z.int().min(1).max(20_000).default(500),
  lowest: z.number().default(20),
  highest: z.number().default(600),
  alwaysSendsStatus: z.boolean().default(true),
  sendsContexts: z.boolean().default(true),
  contexts: z
    .strictObject({
      order: z
        .enum(["following", "in-bursts", "before-the-answer", "after-the-answer", "missing"])
        .default("following"),
      burst: z.int().min(1).default(8),
      delay: duration.default(200),
    })
    .prefault({}),
  timeOffset: signedDuration.optional(),
  firstSequenceNumber: z.int().min(0).max(65_535).default(1),
  numbering: z.enum(["ascending", "newest-is-zero"]).default("ascending"),
  sendsTwice: z.boolean().default(false),
  recordAccess: recordAccess.prefault({}),
});

const bloodPressureCuff = z.strictObject({
  ...shared,
  kind: z.literal("blood-pressure-cuff"),
  /** Who has which slot, from slot 1 on. */
  users: z.array(personReference).max(8).default([]),
  unit: z.enum(["mmHg", "kPa"]).default("mmHg"),
  memory: z.int().min(1).max(20_000).default(100),
  mean: z.enum(["measured", "nan", "zero"]).default("measured"),
  sendsTimestamp: z.boolean().default(true),
  sendsPulse: z.boolean().default(true),
  sendsUser: z.boolean().default(true),
  sendsStatus: z.boolean().default(true),
  layout: z.enum(["standard", "beurer-bm85"]).default("standard"),
  afterConfirmation: z.enum(["forgets", "keeps-silently", "shows-again"]).default("keeps-silently"),
  dumpDelay: duration.default(0),
  recordInterval: duration.default(0),
  /** Blood Pressure Service 1.1: records are asked for, not dumped. */
  recordAccess: recordAccess.optional(),
});

export const deviceDescription = z.discriminatedUnion("kind", [glucoseMeter, bloodPressureCuff]);
