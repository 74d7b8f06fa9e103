import type { Station } from "./build-device.ts";
import type { DeviceDescription } from "./device-schema.ts";
import type { Scenario } from "./scenario.ts";

/** Whose the devices of a scenario are: what a gateway must be told before it can attribute a reading. */
export interface Roster {
  readonly scenario: string;
  readonly people: readonly string[];
  readonly devices: readonly RosterDevice[];
}

export interface RosterDevice {
  readonly name: string;
  /** Under which it is heard. */
  readonly advertisedName: string | null;
  readonly kind: DeviceDescription["kind"];
  readonly address: string;
  readonly serial: string | null;
  /** The 8 octets of 2A23 as upper-case hex, OUI first. */
  readonly systemId: string | null;
  readonly manufacturer: string | null;
  readonly model: string | null;
  /** Whose readings they all are; null for a device that has user slots, or that nobody owns. */
  readonly person: string | null;
  /** Nobody has paired it yet: it is its owner's once they have. */
  readonly unpaired: boolean;
  readonly userSlots: readonly { readonly slot: number; readonly person: string }[];
}

export function rosterOf(scenario: Scenario, stations: readonly Station[]): Roster {
  return {
    scenario: scenario.name,
    people: scenario.people.map(({ reference }) => reference),
    devices: stations.map(entryOf),
  };
}

function entryOf({ description, device }: Station): RosterDevice {
  const { address, serial, systemId, manufacturer, model, name: advertisedName } = device.options.identity;
  const isCuff = description.kind === "blood-pressure-cuff";
  return {
    name: description.name,
    advertisedName,
    kind: description.kind,
    address,
    serial,
    systemId,
    manufacturer,
    model,
    unpaired: description.unpaired,
    person: isCuff ? null : (description.owner ?? null),
    userSlots: isCuff ? description.users.map((person, index) => ({ slot: index + 1, person })) : [],
  };
}
