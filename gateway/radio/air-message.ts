import { z } from "zod";
import type { AirMessage } from "../../device-drivers/ports/air-protocol.ts";

/** What the air may say, as `ports/air-protocol.ts` defines it. It comes from another process, so it is checked. */
const id = z.int();
const addressKind = z.enum(["public", "random-static", "random-private"]);
const uuid = z.string().max(36);
const hex = z.string().regex(/^(?:[0-9A-F]{2})*$/);
const property = z.enum(["read", "write", "write-without-response", "notify", "indicate"]);

const result = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("done") }),
  z.strictObject({ type: z.literal("link"), link: id, addressKind, bonded: z.boolean() }),
  z.strictObject({
    type: z.literal("characteristics"),
    characteristics: z
      .array(z.strictObject({ service: uuid, uuid, handle: z.int(), properties: z.array(property).max(8) }))
      .max(256),
  }),
  z.strictObject({ type: z.literal("value"), hex }),
  z.strictObject({ type: z.literal("bond"), addressKind, name: z.string().max(248).nullable() }),
]);

const airMessage: z.ZodType<AirMessage> = z.union([
  z.strictObject({ event: z.literal("value"), link: id, handle: z.int(), hex, confirm: z.int().nullable() }),
  z.strictObject({ id, ok: z.literal(true), result }),
  z.strictObject({
    id,
    ok: z.literal(false),
    code: z.string().max(64),
    message: z.string().max(1024),
    attError: z.int().min(0).max(255).exactOptional(),
  }),
  z.strictObject({
    event: z.literal("advertisement"),
    advertisement: z.strictObject({
      address: z.string().min(1).max(64),
      addressKind,
      name: z.string().max(248).nullable(),
      services: z.array(uuid).max(64),
      rssiDbm: z.number(),
    }),
  }),
  z.strictObject({ event: z.literal("link-lost"), link: id, reason: z.string().max(1024) }),
  z.strictObject({
    event: z.literal("pairing"),
    pairing: id,
    ask: z.enum(["passkey", "show", "confirm", "authorise"]),
    passkey: z.int().min(0).max(999_999).nullable(),
  }),
]);

/** The message on a line; null if the line is not one. */
export function parseAirMessage(line: string): AirMessage | null {
  try {
    return airMessage.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}
