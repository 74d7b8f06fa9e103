import type { GatewayEvent } from "../../cloud-sync/contract/control.ts";
import { uuidV5 } from "../../cloud-sync/uuid-v5.ts";
import type { ConsentRecord } from "../store/store.ts";
import type { DeedPlace } from "./deed-place.ts";

/** The namespace of the ids of these events (RFC 9562, 6.6). */
const namespace = "b7a6c9ce-5c53-4c0b-8c55-0f6dd7b1a0de";

/** What the cloud is told of a consent. It is given once, and ends once: the event of each has an id of its own. */
export function consentEvent(
  { gateway, at }: Pick<DeedPlace, "gateway" | "at">,
  consent: ConsentRecord,
  change: "given" | "withdrawn",
): GatewayEvent {
  const { id, person, version, sha256, language } = consent;
  const name = change === "withdrawn" ? "consent" : "consent-given";
  // How many were removed is filled in by the store.
  const event = { type: "consent", consent: id, person, change, version, sha256, language, removed: 0 } as const;
  return { v: 1, id: uuidV5(namespace, JSON.stringify([gateway, name, id])), gateway, at, event };
}

/** What the cloud is told when an assignment ends, which it does once. One that it was never told of means nothing to it. */
export function enrolmentEnded({ gateway, at }: Pick<DeedPlace, "gateway" | "at">, assignment: string): GatewayEvent {
  const id = uuidV5(namespace, JSON.stringify([gateway, "enrolment", assignment]));
  return { v: 1, id, gateway, at, event: { type: "enrolment-ended", enrolment: assignment, untilAt: at } };
}
