import { justWorks, type PairingTraits } from "../../../simulators/peripherals/pairing-traits.ts";
import { Probe, probeCharacteristics as gatt } from "../../contracts/gatt-link-probe.ts";
import type { InitiatorDialogue } from "../../doubles/bluetooth/smp-initiator.ts";

/** A probe that pairs as it is told. */
export class PairingProbe extends Probe {
  readonly pairing: PairingTraits;

  constructor(traits: Partial<PairingTraits> = {}) {
    super();
    this.pairing = { ...justWorks, ...traits };
  }
}

/** The layout has room for what the probe declares; a CCCD follows its value. */
export const handles = {
  pressureConfiguration: gatt.pressure.handle + 1,
  model: gatt.model.handle,
  glucoseConfiguration: gatt.glucose.handle + 1,
} as const;

/** A central that can neither show nor ask. */
export const quiet: InitiatorDialogue = { io: "no-input-no-output", mitm: false, secureConnections: true };
/** A central with a keyboard and a display. */
export const able: InitiatorDialogue = { io: "keyboard-display", mitm: true, secureConnections: true };
