import type { GattCharacteristic, GattProperty } from "../../device-drivers/ports/gatt.ts";
import type { SessionStep } from "../../device-drivers/ports/session-fixture.ts";

/** The table of a session that does not tell it: what was used, with the properties that its use needs. */
export function inferredTable(steps: readonly SessionStep[]): readonly GattCharacteristic[] {
  const used = new Map<string, Set<GattProperty>>();
  for (const { op, char, value } of steps) {
    if (char === undefined) continue;
    const properties = used.get(char) ?? new Set();
    used.set(char, properties);
    if (op === "read" || op === "write" || op === "notify" || op === "indicate") properties.add(op);
    if (op === "cccd" && value !== "off") properties.add(value ?? "notify");
  }
  // Whoever writes to a control point wants its answer, also where the session only shows that it refused.
  if (used.has("2A52")) used.get("2A52")?.add("indicate");
  const main = used.has("2A35") || used.has("2B36") ? "1810" : "1808";
  if (used.has("2A52") && main === "1808" && !used.has("2A18")) used.set("2A18", new Set(["notify"]));
  return Array.from(used, ([uuid, properties], index) => ({
    service: services[uuid] ?? main,
    uuid,
    handle: firstHandle + 3 * index,
    properties: order.filter((property) => properties.has(property)),
  }));
}

const firstHandle = 0x0010;
const order: readonly GattProperty[] = ["read", "write", "notify", "indicate"];

/** Where a characteristic that more than one kind of device has belongs; all others belong to the device's own service. */
const services: Readonly<Record<string, string>> = {
  "2A19": "180F",
  "2A23": "180A",
  "2A24": "180A",
  "2A25": "180A",
  "2A26": "180A",
  "2A27": "180A",
  "2A28": "180A",
  "2A29": "180A",
  "2A2A": "180A",
  "2A2B": "1805",
  "2A50": "180A",
  "2A9F": "181C",
};
