import type { DeviceQuirks } from "../kit/driver.ts";

/** How a device is treated of which nothing particular is known. */
export const defaultQuirks: DeviceQuirks = {
  // xDrip waits this long; meters that encrypt on connecting drop the link when they are asked earlier.
  settleMs: 600,
  burstSilenceMs: 2_000,
  firstFrameMs: 5_000,
  // GLP 1.0.1: the collector's timer, started anew with every notification.
  procedureTimeoutMs: 30_000,
  contextGraceMs: 500,
  setClock: "never",
  deltaUnsupported: false,
  sequenceReversed: false,
  ketoneAsMeal6: false,
  phantomHighYear: null,
  bloodPressureLayout: "standard",
};
