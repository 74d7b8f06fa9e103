import type { VendorEntry } from "./vendor-entry.ts";

export const iSens: readonly VendorEntry[] = [
  {
    device: "i-SENS CareSens N Premier, CareSens Dual",
    match: { model: /caresens/i },
    quirks: { ketoneAsMeal6: true, setClock: "after-collection" },
    borne: [
      "HI and LO are the infinities of SFLOAT",
      "base times with a month 13",
      "one frame is a glucose or a ketone, and only its context tells which",
    ],
    source: "tidepool-org/uploader, drivers/isens (month 13, infinities, meal 6 with a tenth of the number)",
  },
];
