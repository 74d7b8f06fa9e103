import type { VendorEntry } from "./vendor-entry.ts";

export const roche: readonly VendorEntry[] = [
  {
    device: "Roche Accu-Chek Guide, Guide Me, Instant, Aviva",
    match: { manufacturer: /roche/i },
    quirks: {},
    borne: [
      "hangs up (0x13) when a strip is inserted",
      "a status of zero in every record, and a context announced in most",
      "time offsets of hundreds of minutes, because the base time is never set",
      "the Aviva has Date Time (2A08) inside the glucose service",
    ],
    source: "frames of an Accu-Chek Guide, stackoverflow.com/questions/63340809; xDrip",
  },
];
