import { z } from "zod";
import { auditHead, consentChange, enrolment, enrolmentEnded } from "./care-events.ts";
import { packedText } from "./packed-text.ts";
import { gatewayId } from "./reading.ts";
import { roster } from "./roster.ts";

/** State, commands, results and events: all that travels beside readings. No person, address or value in a state. */
export type GatewayState = z.infer<typeof gatewayState>;
export type Command = z.infer<typeof command>;
export type CommandResult = z.infer<typeof commandResult>;
export type GatewayEvent = z.infer<typeof gatewayEvent>;

export const gatewayState = z.strictObject({
  v: z.literal(1),
  gateway: gatewayId,
  online: z.boolean(),
  version: z.string().max(32),
  bootId: z.string().max(64),
  /** Null in a last will, which is written before anything is known. */
  backlog: z.int().min(0).nullable(),
  oldestUnsentAt: z.int().nullable(),
  held: z.int().min(0).nullable(),
  clock: z.enum(["trusted", "untrusted"]),
  /** The store takes no more readings, and why. */
  alarm: z.string().max(64).nullable(),
  /**
   * Does it hear devices? `silent`: it listens and hears nothing at all, which may be an empty home. Null in a last
   * will; absent from a gateway that does not tell.
   */
  radio: z.enum(["starting", "up", "silent", "down"]).nullable().optional(),
  /** When the gateway's certificate ends. Null where it has none, and in a last will; absent where it does not tell. */
  certificateExpiresAt: z.int().nullable().optional(),
  /** When the certificate ends that its pages are served under; absent where they have none, or it does not tell. */
  pagesCertificateExpiresAt: z.int().nullable().optional(),
  /** Of the roster that it follows. Null where it has none, and in a last will; absent where it does not tell. */
  rosterVersion: z.int().min(1).nullable().optional(),
  at: z.int(),
});

const commandId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);

/** What `set-config` may change from afar: nothing that decides where readings go or who may pair. */
export const remoteSettings = z.strictObject({
  batchReadingsMax: z.int().min(1).max(500).optional(),
  windowBatches: z.int().min(1).max(256).optional(),
  backfillSharePercent: z.int().min(1).max(90).optional(),
  logLevel: z.enum(["error", "warn", "info", "debug"]).optional(),
});
export type RemoteSettings = z.infer<typeof remoteSettings>;

export const command = z.discriminatedUnion("name", [
  z.strictObject({ v: z.literal(1), id: commandId, name: z.literal("sync-now") }),
  z.strictObject({ v: z.literal(1), id: commandId, name: z.literal("set-config"), settings: remoteSettings }),
  z.strictObject({
    v: z.literal(1),
    id: commandId,
    name: z.literal("forget-device"),
    device: z.string().min(1).max(128),
  }),
  z.strictObject({ v: z.literal(1), id: commandId, name: z.literal("roster"), roster }),
  z.strictObject({ v: z.literal(1), id: commandId, name: z.literal("support-bundle") }),
]);

export const commandResult = z.strictObject({
  v: z.literal(1),
  id: commandId,
  outcome: z.enum(["done", "failed", "unknown-command", "invalid"]),
  code: z.string().max(64).nullable(),
  message: z.string().max(512).nullable(),
  /** The support bundle, a JSON text; present where one was asked for and made. */
  bundle: packedText.optional(),
  at: z.int(),
});

/** A reading that was dropped on an operator's order: its grave, so that nobody looks for it. */
const tombstone = z.strictObject({
  type: z.literal("tombstone"),
  readingId: z.uuid(),
  reason: z.enum(["quota"]),
});

const knownEvent = z.discriminatedUnion("type", [tombstone, enrolment, enrolmentEnded, consentChange, auditHead]);
const knownEventTypes: ReadonlySet<string> = new Set(knownEvent.options.map(({ shape }) => shape.type.value));

export const gatewayEvent = z.strictObject({
  v: z.literal(1),
  id: z.uuid(),
  gateway: gatewayId,
  at: z.int(),
  event: knownEvent,
});

/** An event of a gateway that is newer than whoever reads it: whatever it says is kept. */
const laterEvent = z.looseObject({
  type: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,63}$/, "not the name of an event")
    .refine((type) => !knownEventTypes.has(type), "an event of this name has other fields")
    // A JSON Schema cannot tell what a function refuses.
    .meta({ not: { enum: [...knownEventTypes] } }),
});

/** What an ingestion end takes: the events that it knows, by their schema, and those that it does not know, as they come. */
export const receivedEvent = gatewayEvent.extend({ event: z.union([knownEvent, laterEvent]) });
