import { z } from "zod";
import { personReference } from "../../cloud-sync/contract/reading.ts";
import { controlFailure } from "./control-failure.ts";

/**
 * What other commands of this machine say to the gateway that runs, and what it answers: JSON lines over a Unix socket
 * beside its database, which only the gateway's own user can open. Every request has an `id`, and exactly one answer
 * carries it. A window belongs to the connection that opened it, and closes with it.
 */
export const controlVersion = 1;

/** The longest line either side accepts, in bytes: a window's candidates are the longest. */
export const controlLineBytesMax = 262_144;

const id = z.int().min(0);
const v = z.literal(controlVersion);
const address = z.string().regex(/^[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}$/);
const text = z.string().max(1_024);
const passkey = z.int().min(0).max(999_999);

const io = z.enum(["display-only", "display-yes-no", "keyboard-only", "no-input-no-output", "keyboard-display"]);

const answer = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("passkey"), passkey }),
  z.strictObject({ type: z.literal("pin"), pin: z.string().min(1).max(16) }),
  z.strictObject({ type: z.literal("yes") }),
  z.strictObject({ type: z.literal("no") }),
]);

export const controlRequest = z.discriminatedUnion("op", [
  z.strictObject({ v, id, op: z.literal("state") }),
  z.strictObject({
    v,
    id,
    op: z.literal("open-window"),
    durationMs: z.int().min(10_000).max(600_000),
    rssiFloorDbm: z.int().min(-127).max(20),
    io,
  }),
  z.strictObject({ v, id, op: z.literal("pair"), address, forgetsKey: z.boolean() }),
  z.strictObject({ v, id, op: z.literal("answer"), question: id, answer }),
  z.strictObject({ v, id, op: z.literal("close-window") }),
  z.strictObject({ v, id, op: z.literal("forget"), deviceId: z.string().min(1).max(128) }),
  z.strictObject({ v, id, op: z.literal("withdraw"), person: personReference }),
  /** A command that reads the database beside the gateway says what it takes out of it. */
  z.strictObject({
    v,
    id,
    op: z.literal("note-export"),
    action: z.enum(["readings-exported", "consents-exported", "audit-exported"]),
    subject: z.record(z.string().max(64), z.union([z.string().max(256), z.number(), z.boolean(), z.null()])),
  }),
]);

const method = z.enum(["just-works", "passkey-entry", "passkey-shown", "numeric-comparison", "pin"]);

const look = z.strictObject({
  deviceId: z.string(),
  driver: text,
  manufacturer: text.nullable(),
  model: text.nullable(),
  serial: text.nullable(),
});

const result = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("done") }),
  z.strictObject({
    type: z.literal("state"),
    gateway: text,
    version: text,
    radio: text,
    adapter: text,
    pairing: z.array(method).max(8).readonly(),
    windowIsOpen: z.boolean(),
    condition: z.enum(["starting", "up", "silent", "down"]),
    /** For how long nothing was heard while it listened. */
    silentMs: z.int().min(0),
  }),
  z.strictObject({
    type: z.literal("paired"),
    device: z.strictObject({
      address,
      name: text.nullable(),
      method: method.nullable(),
      forgetsKey: z.boolean(),
      look: look.nullable(),
    }),
  }),
  z.strictObject({
    type: z.literal("withdrawn"),
    consents: z.array(text).max(1_000).readonly(),
    removed: z.int().min(0),
  }),
  z.strictObject({ type: z.literal("forgotten"), wasKnown: z.boolean(), key: z.enum(["removed", "none", "left"]) }),
]);

const candidate = z.strictObject({
  address: z.string().max(64),
  name: z.string().max(248).nullable(),
  services: z.array(z.string().max(36)).max(64).readonly(),
  rssiDbm: z.number(),
  driver: z.string().max(64).nullable(),
  isNear: z.boolean(),
});

const question = z.discriminatedUnion("ask", [
  z.strictObject({ ask: z.literal("enter-passkey") }),
  z.strictObject({ ask: z.literal("show-passkey"), passkey, entered: z.int().min(0).max(6) }),
  z.strictObject({ ask: z.literal("confirm-passkey"), passkey }),
  z.strictObject({ ask: z.literal("authorise") }),
  z.strictObject({ ask: z.literal("enter-pin") }),
]);

export const controlMessage = z.union([
  z.strictObject({ v, id, ok: z.literal(true), result }),
  z.strictObject({ v, id, ok: z.literal(false), failure: controlFailure }),
  z.strictObject({ v, event: z.literal("candidates"), candidates: z.array(candidate).max(256).readonly() }),
  z.strictObject({ v, event: z.literal("question"), number: id, question }),
  /** Its answer is no longer wanted. */
  z.strictObject({ v, event: z.literal("question-over"), number: id }),
  z.strictObject({ v, event: z.literal("window-closed"), failure: controlFailure }),
]);

export type ControlRequest = z.infer<typeof controlRequest>;
export type ControlMessage = z.infer<typeof controlMessage>;
export type ControlResult = z.infer<typeof result>;
export type ControlQuestion = z.infer<typeof question>;
export type ControlAnswer = z.infer<typeof answer>;

/** What a line says; null if it says nothing of this protocol, or of another version of it. */
export function parseControl<T>(schema: z.ZodType<T>, line: string): T | null {
  try {
    return schema.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}
