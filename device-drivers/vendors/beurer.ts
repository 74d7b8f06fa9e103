import type { VendorEntry } from "./vendor-entry.ts";

export const beurer: readonly VendorEntry[] = [
  {
    device: "Beurer BM85",
    match: { model: /^BM ?85\b/i },
    quirks: { bloodPressureLayout: "beurer-bm85" },
    borne: ["a mean arterial pressure of zero stands for none"],
    source:
      "frames of a BM85 beside its display, 2026-08: pulse rate and status big-endian, user octet without its flag",
  },
  {
    device: "Beurer BM96, BM57, BM67",
    match: { model: /^BM ?(?:57|67|96)\b/i },
    quirks: {},
    borne: ["sets reserved bits of flags and status", "pressures come in tenths"],
    source: "frames of a BM96 Cardio beside its display",
  },
];
