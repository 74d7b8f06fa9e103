import { expect, test } from "vitest";
import { defaultCollectOptions } from "../../../gateway/collect/collect-options.ts";
import { restampWith } from "../../../gateway/collect/restamp.ts";
import { siteZone } from "../../../gateway/collect/site-zone.ts";
import type { KioskSession } from "../../../gateway/store/store.ts";
import { bloodPressure } from "../../cloud-sync/ingest/sample-readings.ts";
import { assignmentOf } from "../../scenarios/site-devices.ts";

const receivedAt = Date.UTC(2026, 10, 23, 10, 0);
const minuteMs = 60_000;

/** Whom a reading is given to that was taken without a trusted clock, by a device that had shown all just before. */
function datedFor(roster: { assigned?: boolean; session?: string | null }) {
  const base = bloodPressure(1, { person: null });
  const time = { ...base.time, device: null, clockOffsetMs: null, clockMethod: "none" as const };
  const reading = { ...base, sequenceNumber: null, time };
  const deviceId = reading.device.id;
  const session = (person: string): KioskSession => ({
    id: "session-1",
    person,
    consent: "consent-1",
    startedAt: receivedAt - 5 * minuteMs,
    endedAt: null,
    devices: [{ deviceId, sinceAt: receivedAt - 5 * minuteMs }],
  });
  const restamp = restampWith({
    zone: siteZone("UTC"),
    options: defaultCollectOptions,
    roster: {
      assignments: roster.assigned === true ? [assignmentOf(deviceId, { person: "sim-0001" })] : [],
      sessions: roster.session === undefined || roster.session === null ? [] : [session(roster.session)],
    },
    nowAt: receivedAt,
    isLeftAlone: () => false,
    previousOf: () => ({ at: receivedAt, clockOffsetMs: null, shownUntil: receivedAt - minuteMs }),
  });
  return restamp({ reading, receivedMonotonicMs: 1_000, receivedAt }).reading.person;
}

test("a reading that is dated later goes to who the device is assigned to, and never to who had a visit then", () => {
  expect(datedFor({ assigned: true })).toBe("sim-0001");
  expect(datedFor({ session: "sim-0001" })).toBeNull();
});

test("a visit at that time casts doubt on an owner's claim", () => {
  expect(datedFor({ assigned: true, session: "sim-0001" })).toBe("sim-0001");
  expect(datedFor({ assigned: true, session: "sim-0002" })).toBeNull();
});
