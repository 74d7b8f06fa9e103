import type { SimulationNote } from "./simulation.ts";

/** One event of a simulation as a line for people. */
export function noteText(note: SimulationNote): string {
  if (note.event === "ready") {
    const place = note.socket ?? `port ${note.port ?? 0}`;
    const ready = `${note.scenario} (seed ${note.seed}): ${note.devices} devices in the air at ${place}`;
    return note.bluez === null ? ready : `${ready}\norg.bluez: DBUS_SYSTEM_BUS_ADDRESS=${note.bluez}`;
  }
  const time = new Date(note.at).toISOString().slice(11, 19);
  if (note.event === "resting") return `${time}  nobody measures any more; the devices stay in the air`;
  if (note.event === "refused-cue") return `${time}  ${note.message}`;
  return `${time}  ${note.name.padEnd(16)}  ${deedText(note)}`;
}

function deedText(note: Exclude<SimulationNote, { event: "ready" | "resting" | "refused-cue" }>): string {
  if (note.event === "shows") return `shows ${note.digits}`;
  if (!("record" in note)) {
    return note.event === "connected" ? "connected" : `disconnected: ${note.reason ?? "for no known reason"}`;
  }
  const record = `record ${note.record} (${note.kind})`;
  if (note.event === "taken") return `took ${record}${note.person === null ? "" : ` of ${note.person}`}`;
  return `showed ${record}, ${note.characteristic} ${note.hex}`;
}
