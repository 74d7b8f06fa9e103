import { readFileSync, statSync } from "node:fs";
import { z } from "zod";
import { sessionFileBytesMax, sessionStepsMax } from "../../device-drivers/ports/session-fixture.ts";
import type { SessionStep } from "../../device-drivers/ports/session-fixture.ts";
import type { GattCharacteristic } from "../../device-drivers/ports/gatt.ts";
import { simulatorErrors } from "../simulator-error.ts";
import { inferredTable } from "./inferred-table.ts";

/** A recorded session, complete enough to be played. */
export interface RecordedSession {
  readonly id: string;
  readonly name: string | null;
  readonly addressKind: "public" | "random-static" | "random-private";
  readonly services: readonly string[];
  readonly characteristics: readonly GattCharacteristic[];
  readonly steps: readonly SessionStep[];
}

/**
 * The sessions of a file: a capture, one entry of `test/vectors`, or a list of entries, of which those that are sessions
 * count. What an entry leaves out is inferred: its table from what was done with it, its services from its table.
 *
 * @throws CarepostError `session-unreadable`, also where no session of the file can be played
 */
export function loadSessions(path: string): readonly RecordedSession[] {
  const sessions = entriesOf(path).flatMap((entry) => {
    const parsed = recordedEntry.safeParse(entry);
    return parsed.success ? [sessionOf(parsed.data)] : [];
  });
  if (sessions.length > 0) return sessions;
  throw simulatorErrors.make("session-unreadable", `${path} holds no session that can be played`);
}

function entriesOf(path: string): readonly unknown[] {
  try {
    if (statSync(path).size > sessionFileBytesMax) throw new RangeError(`It has over ${sessionFileBytesMax} bytes.`);
    const parsed: unknown = JSON.parse(readFileSync(path, "utf8"));
    return Array.isArray(parsed) ? parsed : [parsed];
  } catch (error) {
    throw simulatorErrors.make("session-unreadable", `${path} cannot be read`, { cause: error });
  }
}

const uuid = z.string().regex(/^(?:[0-9A-F]{4}|[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12})$/);
const hex = z.string().regex(/^(?:[0-9A-F]{2}){0,600}$/);
const addressKind = z.enum(["public", "random-static", "random-private"]);

const step = z.object({
  op: z.enum(["read", "write", "cccd", "notify", "indicate", "idle", "disconnect"]),
  at_ms: z.int().min(0).exactOptional(),
  char: uuid.exactOptional(),
  handle: z.int().exactOptional(),
  hex: hex.exactOptional(),
  att_error: z.int().min(0).max(255).exactOptional(),
  failed: z.string().exactOptional(),
  value: z.enum(["notify", "indicate", "off"]).exactOptional(),
  by: z.enum(["device", "gateway"]).exactOptional(),
  seconds: z.number().min(0).exactOptional(),
});

/** It leaves room for all that a table of the largest size may push up (Core Vol 3 Part F 3.2.2: handles have 16 bits). */
const attributeHandleMax = 0xefff;

const characteristic = z.object({
  service: uuid,
  uuid,
  handle: z.int().min(1).max(attributeHandleMax),
  properties: z.array(z.enum(["read", "write", "write-without-response", "notify", "indicate"])).max(8),
});

/** Vectors say less than captures, and both may say more than is needed here. */
const recordedEntry = z.object({
  id: z.string().min(1).max(300),
  kind: z.literal("session"),
  session: z.array(step).min(1).max(sessionStepsMax),
  gatt: z
    .array(characteristic)
    .max(1_024)
    .refine((table) => new Set(table.map(({ handle }) => handle)).size === table.length)
    .optional(),
  advertisement: z
    .object({ name: z.string().max(248).nullable(), address_kind: addressKind, services: z.array(uuid).max(64) })
    .optional(),
});

function sessionOf({ id, session, gatt, advertisement }: z.infer<typeof recordedEntry>): RecordedSession {
  const characteristics = gatt ?? inferredTable(session);
  return {
    id,
    name: advertisement?.name ?? null,
    addressKind: advertisement?.address_kind ?? "random-static",
    services: advertisement?.services ?? [...new Set(characteristics.map(({ service }) => service))],
    characteristics,
    steps: session,
  };
}
