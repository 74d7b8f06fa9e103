import type { Reading } from "../../cloud-sync/contract/reading.ts";
import { lanes } from "../../cloud-sync/uplink/outbox.ts";
import { readingFrom } from "./reading-text.ts";
import type { AddRequest, DatedRow, UndatedRow } from "./store-request.ts";
import type * as port from "./store.ts";

/** A reading as it crosses to the commit thread: its text is made here, once. */
export function addRequest(entry: port.NewReading, at: number): AddRequest {
  const { reading, lane, disposition, bootId, receivedMonotonicMs } = entry;
  return {
    type: "add",
    at,
    id: reading.id,
    deviceTime: deviceTimeNumber(reading),
    deviceId: reading.device.id,
    person: reading.person,
    context: contextOf(reading),
    lane: lanes.indexOf(lane),
    disposition,
    bootId,
    receivedMonotonicMs,
    body: JSON.stringify(reading),
  };
}

/** The digits of the device's own time, which every id is made from; 0 where there is none. */
function deviceTimeNumber({ time }: Reading): number {
  if (time.device === null) return 0;
  const [date = "", clock = ""] = time.device.split("T");
  return Number(date.replaceAll("-", "") + clock.replaceAll(":", ""));
}

function contextOf(reading: Reading): AddRequest["context"] {
  if (reading.kind === "blood-pressure") return "none";
  return reading.context === null ? "lacking" : "present";
}

export function datedRow(row: UndatedRow, epochOfMonotonicZero: number | null, restamp: port.Restamp): DatedRow {
  const { seq, receivedMonotonicMs } = row;
  const receivedAt = epochOfMonotonicZero === null ? null : epochOfMonotonicZero + receivedMonotonicMs;
  const dated = restamp({ reading: readingFrom(row.body), receivedMonotonicMs, receivedAt });
  const { reading, disposition } = dated;
  return { seq, person: reading.person, lane: lanes.indexOf(dated.lane), disposition, body: JSON.stringify(reading) };
}
