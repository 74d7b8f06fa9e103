import type { VendorEntry } from "./vendor-entry.ts";

export const taidoc: readonly VendorEntry[] = [
  {
    device: "TaiDoc and Fora meters, also where they tell no manufacturer",
    match: { model: /^(?:TD-?\d|DM30|GD40|(?:FORA ?)?TN'?G|FORA)/i },
    quirks: { deltaUnsupported: true, sequenceReversed: true, phantomHighYear: 2037 },
    borne: ["there is no Current Time and no context"],
    source: "advmeds/bluetooth-lib and xDrip (DM30b counts from 0 as the newest; a full memory adds a HI dated 2037)",
  },
  {
    device: "TaiDoc meters by their manufacturer",
    match: { manufacturer: /taidoc|foracare/i },
    quirks: { deltaUnsupported: true, sequenceReversed: true, phantomHighYear: 2037 },
    borne: [],
    source: "as the entry by model",
  },
];
