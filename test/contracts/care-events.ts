import type { GatewayEvent } from "../../cloud-sync/contract/control.ts";
import type { EventDelivery } from "../../cloud-sync/ingest/sink.ts";
import { uuidV5 } from "../../cloud-sync/uuid-v5.ts";

const namespace = "0f5a4a8a-56ab-4f0c-9e36-0f6d1f7c1a55";

/** An event of a gateway as a sink takes it. One that says the same at the same time is the same event. */
export function careEvent(gateway: string, at: number, event: GatewayEvent["event"]): EventDelivery {
  const id = uuidV5(namespace, JSON.stringify([gateway, at, event]));
  const whole: GatewayEvent = { v: 1, id, gateway, at, event };
  return { gateway, id, type: event.type, at, body: JSON.stringify(whole) };
}

export interface EnrolmentWords {
  readonly id: string;
  readonly person: string;
  readonly gateway?: string;
  readonly device?: string;
  readonly userSlot?: number | null;
  readonly consent?: string;
  readonly fromAt?: number;
}

export const enrolled = ({ id, person, gateway = "kiosk-1", ...words }: EnrolmentWords): EventDelivery =>
  careEvent(gateway, words.fromAt ?? 1_000, {
    type: "enrolment",
    enrolment: id,
    device: words.device ?? `serial:${id}`,
    manufacturer: null,
    model: null,
    userSlot: words.userSlot ?? null,
    person,
    consent: words.consent ?? `consent-of-${person}`,
    fromAt: words.fromAt ?? 1_000,
  });

export const enrolmentEnded = (id: string, untilAt: number, gateway = "kiosk-1"): EventDelivery =>
  careEvent(gateway, untilAt, { type: "enrolment-ended", enrolment: id, untilAt });

export const consentSaid = (
  person: string,
  change: "given" | "withdrawn",
  { at = 2_000, consent = `consent-of-${person}`, gateway = "kiosk-1" } = {},
): EventDelivery =>
  careEvent(gateway, at, {
    type: "consent",
    consent,
    person,
    change,
    version: "1",
    sha256: "0".repeat(64),
    language: "en",
    removed: 0,
  });
