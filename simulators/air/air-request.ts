import { z } from "zod";
import { type AirRequest, airLineBytesMax } from "../../device-drivers/ports/air-protocol.ts";

/** What a client may ask of the air, as `ports/air-protocol.ts` defines it. */
const airRequest: z.ZodType<AirRequest> = z.discriminatedUnion("op", [
  z.strictObject({ id: z.int(), op: z.literal("scan"), on: z.boolean() }),
  z.strictObject({ id: z.int(), op: z.literal("connect"), address: z.string().max(64) }),
  z.strictObject({ id: z.int(), op: z.literal("discover"), link: z.int() }),
  z.strictObject({ id: z.int(), op: z.literal("read"), link: z.int(), handle: z.int() }),
  z.strictObject({
    id: z.int(),
    op: z.literal("write"),
    link: z.int(),
    handle: z.int(),
    hex: z
      .string()
      .max(airLineBytesMax)
      .regex(/^(?:[0-9A-F]{2})*$/),
  }),
  z.strictObject({ id: z.int(), op: z.literal("subscribe"), link: z.int(), handle: z.int() }),
  z.strictObject({ id: z.int(), op: z.literal("unsubscribe"), link: z.int(), handle: z.int() }),
  z.strictObject({ id: z.int(), op: z.literal("confirm"), link: z.int(), confirm: z.int() }),
  z.strictObject({ id: z.int(), op: z.literal("close"), link: z.int() }),
  z.strictObject({
    id: z.int(),
    op: z.literal("pair"),
    address: z.string().max(64),
    io: z.enum(["display-only", "display-yes-no", "keyboard-only", "no-input-no-output", "keyboard-display"]),
  }),
  z.strictObject({
    id: z.int(),
    op: z.literal("answer"),
    pairing: z.int(),
    accept: z.boolean(),
    passkey: z.int().min(0).max(999_999).nullable(),
  }),
  z.strictObject({ id: z.int(), op: z.literal("forget"), address: z.string().max(64) }),
]);

/** The request on a line; null if the line is not one. */
export function parseAirRequest(line: string): AirRequest | null {
  try {
    return airRequest.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}
