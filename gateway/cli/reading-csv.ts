import type { Reading } from "../../cloud-sync/contract/reading.ts";
import type { StoredReading } from "../store/store.ts";

/** The columns of an export, in their order. Numbers stand as the device sent them, with all their digits. */
const columns: Readonly<Record<string, (stored: StoredReading) => string | number | null>> = {
  id: ({ reading }) => reading.id,
  kind: ({ reading }) => reading.kind,
  measured: ({ reading }) => reading.time.measured,
  time_basis: ({ reading }) => reading.time.basis,
  device_time: ({ reading }) => reading.time.device,
  received: ({ reading }) => reading.time.received,
  person: ({ reading }) => reading.person,
  attributed_by: ({ reading }) => reading.attribution.by,
  device: ({ reading }) => reading.device.id,
  model: ({ reading }) => reading.device.model,
  user_slot: ({ reading }) => reading.userSlot,
  sequence_number: ({ reading }) => reading.sequenceNumber,
  concentration: ({ reading }) => concentrationOf(reading, "value"),
  concentration_unit: ({ reading }) => concentrationOf(reading, "unit"),
  absent: ({ reading }) => concentrationOf(reading, "absent"),
  control_solution: ({ reading }) => (reading.kind === "blood-pressure" ? null : String(reading.controlSolution)),
  meal: ({ reading }) => (reading.kind === "blood-pressure" ? null : (reading.context?.meal ?? null)),
  systolic_mmhg: ({ reading }) => (reading.kind === "blood-pressure" ? reading.systolic.value : null),
  diastolic_mmhg: ({ reading }) => (reading.kind === "blood-pressure" ? reading.diastolic.value : null),
  mean_mmhg: ({ reading }) =>
    reading.kind === "blood-pressure" ? (reading.meanArterialPressure?.value ?? null) : null,
  pulse_per_min: ({ reading }) => (reading.kind === "blood-pressure" ? (reading.pulseRate?.value ?? null) : null),
  status: ({ reading }) => reading.status.join(" "),
  state: ({ state }) => state,
};

export const csvHeader = `${Object.keys(columns).join(",")}\r\n`;

/** One line after RFC 4180. */
export const csvLine = (stored: StoredReading): string =>
  `${Object.values(columns)
    .map((column) => csvCell(column(stored)))
    .join(",")}\r\n`;

/**
 * A text that a spreadsheet would take for a formula gets an apostrophe in front: names of models come from devices,
 * which are not to be trusted. A number never does, so that -5 stays -5.
 */
export function csvCell(value: string | number | null): string {
  if (value === null) return "";
  const text = String(value);
  const isNumber = /^-?\d+(?:\.\d+)?$/.test(text);
  const safe = !isNumber && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function concentrationOf(reading: Reading, part: "value" | "unit" | "absent"): string | null {
  if (reading.kind === "blood-pressure") return null;
  const { concentration } = reading;
  if (part === "unit") return concentration.unit;
  if (part === "value") return "value" in concentration ? concentration.value : null;
  return "absent" in concentration ? concentration.absent : null;
}
