import type { VendorEntry } from "./vendor-entry.ts";

export const aAndD: readonly VendorEntry[] = [
  {
    device: "A&D UA-651BLE, UB-1100 and their kin",
    match: { model: /^(?:A&D[_ ])?U[AB]-/i },
    quirks: { setClock: "before-collection", firstFrameMs: 5_000, burstSilenceMs: 2_000 },
    borne: [
      "sends its whole memory on being subscribed to, and falls silent",
      "a failed measurement is a frame whose pressures are NaN",
      "after the very first bond it stores the pairing only once the link has ended; records come with the next one",
    ],
    source: "weliem/LivecareBluetoothSDK@81a08d6b, peripherals/bp/AD_BP_UA_651BLE.java",
  },
];
