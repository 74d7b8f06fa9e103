import type { VendorEntry } from "./vendor-entry.ts";

export const ascensia: readonly VendorEntry[] = [
  {
    device: "Ascensia Contour Next One, Plus, Plus One, 7802H",
    match: { manufacturer: /ascensia|bayer/i },
    quirks: {},
    borne: [
      "refuses every request with 0x81 until the control point is subscribed to",
      "meters for mmol/L send mol/L",
      "the Plus One loses its bond within a day: `bond-lost` until it is paired again",
    ],
    source: "xDrip, BluetoothGlucoseMeter.java; frames of a Contour Next One",
  },
];
