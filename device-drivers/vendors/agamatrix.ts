import type { VendorEntry } from "./vendor-entry.ts";

export const agamatrix: readonly VendorEntry[] = [
  {
    device: "AgaMatrix Jazz",
    match: { manufacturer: /agam[ae]trix/i },
    quirks: {},
    borne: ["ends a report with the reserved response code 0"],
    source: "xDrip, BluetoothGlucoseMeter.java",
  },
];
