/**
 * What a caller may reasonably call a field, by the name that it has here. A name of the first kind that is there
 * already is never overwritten.
 */
const aliases: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "": { patient: "person", subject: "person", deviceClock: "clock", received: "receivedAt", received_at: "receivedAt" },
  gateway: {
    gatewayId: "id",
    system_id: "systemId",
    softwareVersion: "version",
    software: "version",
    timezone: "timeZone",
    time_zone: "timeZone",
    tz: "timeZone",
    zone: "timeZone",
    offset: "utcOffset",
  },
  device: {
    system_id: "systemId",
    mac: "address",
    bluetoothAddress: "address",
    manufacturerName: "manufacturer",
    modelNumber: "model",
    serialNumber: "serial",
    firmwareRevision: "firmware",
    firmwareVersion: "firmware",
    hardwareRevision: "hardware",
    hardwareVersion: "hardware",
    softwareRevision: "software",
    softwareVersion: "software",
  },
  clock: { time: "deviceTime", device: "deviceTime", readAt: "at", observedAt: "at", clockOffsetMs: "offsetMs" },
  frames: { uuid: "characteristic", char: "characteristic", bytes: "hex", value: "hex", at: "receivedAt" },
};

/** The line with its names as the schema has them. What is not an object is left for the schema to refuse. */
export function canonicalNames(line: unknown): unknown {
  if (!isRecord(line)) return line;
  const top = renamed(line, "");
  const gateway = typeof top["gateway"] === "string" ? { id: top["gateway"] } : top["gateway"];
  const zone = Object.fromEntries(zoneNames.flatMap((name) => (name in top ? [[name, top[name]]] : [])));
  return {
    ...top,
    gateway: isRecord(gateway) ? renamed({ ...zone, ...gateway }, "gateway") : gateway,
    device: isRecord(top["device"]) ? renamed(top["device"], "device") : top["device"],
    clock: isRecord(top["clock"]) ? renamed(top["clock"], "clock") : top["clock"],
    frames: Array.isArray(top["frames"])
      ? top["frames"].map((frame: unknown) => (isRecord(frame) ? renamed(frame, "frames") : frame))
      : top["frames"],
  };
}

/** Of the site, which is the gateway's, also where it stands beside it. */
const zoneNames = ["timeZone", "timezone", "time_zone", "tz", "utcOffset"];

type Fields = Readonly<Record<string, unknown>>;

function renamed(fields: Fields, of: string): Fields {
  const names = new Map(Object.entries(aliases[of] ?? {}));
  const found = Object.entries(fields).map(([name, value]) => [names.get(name) ?? name, value] as const);
  const own = Object.entries(fields).filter(([name]) => !names.has(name));
  return Object.fromEntries([...found, ...own]);
}

const isRecord = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
