import { z } from "zod";
import { deviceKind, visitStep } from "../../kiosk/contract/visit-view.ts";

/** What the demo hears from the devices and from the gateway, a JSON line at a time. Other lines are not for it. */
export type DeviceLine = z.infer<typeof deviceLine>;
export type GatewayLine = z.infer<typeof gatewayLine>;

const kind = z.enum(["reading", "control-solution", "fault", "context"]);

const deviceLine = z.discriminatedUnion("event", [
  z.looseObject({ event: z.literal("ready") }),
  z.looseObject({ event: z.literal("taken"), kind }),
  z.looseObject({ event: z.literal("shown"), kind }),
  z.looseObject({ event: z.literal("connected"), name: z.string() }),
  z.looseObject({ event: z.literal("disconnected"), name: z.string() }),
]);

const gatewayLine = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("session-started"), driver: z.string(), name: z.string().nullable() }),
  z.looseObject({ type: z.literal("session-ended"), driver: z.string() }),
  z.looseObject({
    type: z.literal("visit"),
    step: visitStep.nullable(),
    kind: deviceKind.nullable(),
    device: z.string().nullable(),
  }),
  z.looseObject({ type: z.literal("pages"), url: z.string() }),
  z.looseObject({ type: z.literal("uplink"), state: z.enum(["connected", "disconnected"]) }),
]);

export const readDeviceLine = (text: string): DeviceLine | null => deviceLine.safeParse(parsedLine(text)).data ?? null;

export const readGatewayLine = (text: string): GatewayLine | null =>
  gatewayLine.safeParse(parsedLine(text)).data ?? null;

/** Null where a line is no JSON. */
export function parsedLine(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
