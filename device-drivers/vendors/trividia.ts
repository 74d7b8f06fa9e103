import type { VendorEntry } from "./vendor-entry.ts";

export const trividia: readonly VendorEntry[] = [
  {
    device: "Trividia TRUE METRIX AIR, also under the brands of stores",
    match: { model: /true ?metrix/i },
    quirks: {},
    borne: ["wants measurement, context and control point subscribed to in this order"],
    source: "the order of the maker's own kit, which deletes after reading; the drivers here cannot",
  },
];
