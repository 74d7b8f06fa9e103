import type { FhirDevice } from "../../../cloud-sync/fhir/finding.ts";
import type { DeviceQuirks } from "../../../device-drivers/kit/driver.ts";
import { matchDevice } from "../../../device-drivers/catalogue.ts";
import { defaultQuirks } from "../../../device-drivers/vendors/defaults.ts";
import { identifyDevice } from "../../collect/device-identity.ts";
import { plainSystemId } from "./line-frames.ts";
import type { FhirLine } from "./line-schema.ts";

export interface LineDevice {
  readonly fhir: FhirDevice;
  /** What goes into a reading's id: what the gateway would have made of this device. */
  readonly identity: string;
  readonly quirks: DeviceQuirks;
}

/** The device of a line, told by the line and, where that is silent, by its frames of Device Information. */
export function lineDevice({ gateway, device }: FhirLine, information: ReadonlyMap<string, string>): LineDevice {
  const told = (field: string | null | undefined, uuid: string): string | null =>
    field ?? information.get(uuid) ?? null;
  const bluetoothAddress = device.address?.replaceAll(/[^0-9A-Fa-f]/g, "").toUpperCase() ?? null;
  const known = {
    systemId: plainSystemId(device.systemId) ?? plainSystemId(information.get("2A23")),
    manufacturer: told(device.manufacturer, "2A29"),
    model: told(device.model, "2A24"),
    serial: told(device.serial, "2A25"),
    firmware: told(device.firmware, "2A26"),
    hardware: told(device.hardware, "2A27"),
    software: told(device.software, "2A28"),
  };
  const unnamed = device.id ?? ["unnamed", gateway.id ?? gateway.systemId, known.manufacturer, known.model].join("/");
  const subject = {
    information: { ...known, batteryPercent: null },
    address: bluetoothAddress?.match(/../g)?.join(":") ?? "",
    addressKind: bluetoothAddress === null ? "random-private" : "public",
  } as const;
  const identified = identifyDevice(subject, []);
  const identity = identified.type === "identified" ? identified.id : unnamed;
  const match = matchDevice(["1808"], subject.information);
  return {
    fhir: { ...known, id: identity, bluetoothAddress },
    identity,
    quirks: match?.quirks ?? defaultQuirks,
  };
}
