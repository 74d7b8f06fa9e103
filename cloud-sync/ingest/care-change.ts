import { gatewayEvent } from "../contract/control.ts";
import type { EventDelivery } from "./sink.ts";

/** What an event changes in the books of who has which device. */
export type CareChange =
  | {
      readonly type: "enrolment";
      readonly gateway: string;
      readonly id: string;
      readonly device: string;
      readonly userSlot: number | null;
      readonly person: string;
      readonly consent: string;
      readonly fromAt: number;
    }
  | { readonly type: "enrolment-ended"; readonly gateway: string; readonly id: string; readonly untilAt: number }
  | { readonly type: "consent-withdrawn"; readonly person: string; readonly consent: string; readonly at: number };

/** Null for an event that changes nothing there. */
export function careChangeOf({ gateway, type, at, body }: EventDelivery): CareChange | null {
  if (!careTypes.has(type)) return null;
  const parsed = gatewayEvent.safeParse(parse(body));
  if (!parsed.success) return null;
  const { event } = parsed.data;
  if (event.type === "enrolment") {
    const { enrolment: id, device, userSlot, person, consent, fromAt } = event;
    if (![id, device, consent].every(isPlain)) return null;
    return { type: "enrolment", gateway, id, device, userSlot, person, consent, fromAt };
  }
  if (event.type === "enrolment-ended") {
    const { enrolment: id, untilAt } = event;
    return isPlain(id) ? { type: "enrolment-ended", gateway, id, untilAt } : null;
  }
  if (event.type !== "consent" || event.change !== "withdrawn" || !isPlain(event.consent)) return null;
  return { type: "consent-withdrawn", person: event.person, consent: event.consent, at };
}

const careTypes: ReadonlySet<string> = new Set(["enrolment", "enrolment-ended", "consent"]);

/** Gateways make ids without control characters; a database may not be able to hold another. */
const isPlain = (id: string): boolean => !/[\p{Cc}\p{Cs}]/u.test(id);

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
