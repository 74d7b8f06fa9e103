import type { Reading } from "../../cloud-sync/contract/reading.ts";
import { virtualPerson, type Person } from "../people/person.ts";
import { systemIdOf } from "../peripherals/device-identity.ts";
import { integerBetween, seededRandom, seedOf } from "../random.ts";

/** Who lives where one gateway stands, and what they measure with. Pure in (seed, index). */
export interface Household {
  readonly gateway: string;
  /** Has diabetes and high blood pressure: uses the meter, and the cuff in slot 1. */
  readonly first: Person;
  /** Has high blood pressure: uses the cuff in slot 2. */
  readonly second: Person;
  readonly meter: Reading["device"];
  readonly cuff: Reading["device"];
}

/** The id of a simulated gateway: `sim-gw-00042`. */
export const fleetGatewayId = (index: number): string => `sim-gw-${String(index).padStart(5, "0")}`;

export function householdOf(seed: number, index: number): Household {
  const random = seededRandom(seedOf(seed, "household", index));
  const treatment = (["diet", "oral", "insulin"] as const)[integerBetween(random, 0, 2)] ?? "oral";
  const place = String(index).padStart(5, "0");
  const stage = random() < 0.5 ? "stage-1" : "stage-2";
  return {
    gateway: fleetGatewayId(index),
    first: virtualPerson(seed, {
      reference: `sim-${place}-1`,
      diabetes: "type-2",
      treatment,
      hypertension: "stage-1",
      whiteCoat: false,
    }),
    second: virtualPerson(seed, {
      reference: `sim-${place}-2`,
      diabetes: "none",
      treatment: "diet",
      hypertension: stage,
      whiteCoat: false,
    }),
    meter: device({ seed, index, kind: 1, model: "SIM-METER" }),
    cuff: device({ seed, index, kind: 2, model: "SIM-CUFF" }),
  };
}

interface DeviceNumber {
  readonly seed: number;
  readonly index: number;
  readonly kind: 1 | 2;
  readonly model: string;
}

/** No two devices of one seed share a System ID: it holds the index, whole. */
function device({ seed, index, kind, model }: DeviceNumber): Reading["device"] {
  const octets = [0xc0, seedOf(seed, "oui") & 0xff, kind, (index >> 16) & 0xff, (index >> 8) & 0xff, index & 0xff];
  const address = octets.map((octet) => octet.toString(16).padStart(2, "0").toUpperCase()).join(":");
  const systemId = systemIdOf(address);
  const serial = `SIM-${kind}-${String(index).padStart(5, "0")}`;
  // The System ID is the best that these devices tell, so the rule of identity makes the device's id of it alone.
  return { id: `system-id:${systemId}`, manufacturer: "Carepost", model, serial, firmware: "1.0", systemId };
}
