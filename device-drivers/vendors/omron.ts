import type { VendorEntry } from "./vendor-entry.ts";

export const omron: readonly VendorEntry[] = [
  {
    device: "Omron HEM- and BP- cuffs with the Blood Pressure Service",
    match: { manufacturer: /omron/i },
    quirks: { settleMs: 1_500, setClock: "before-collection" },
    borne: ["its clock drifts by more than a minute between sessions", "IEEE certification data is all zeros"],
    source: "hass-omron (settle time, Current Time written in each session)",
  },
];
