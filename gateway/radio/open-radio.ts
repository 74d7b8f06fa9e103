import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import type { ManagedRadio } from "./managed-radio.ts";
import { radioErrors } from "./radio-error.ts";
import type { RadioOptions, VirtualRadioOptions } from "./radio-options.ts";

export interface RadioSurroundings {
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Opens the radios that are configured, the one to use first at the front. The module of a kind, and with it the stack's
 * package, is loaded only if that kind is chosen.
 * Rejects with `radio-package-missing` if it is not installed, and with `gattErrors` as the kind's own opening does.
 */
export async function openRadios(options: RadioOptions, _around: RadioSurroundings): Promise<readonly ManagedRadio[]> {
  switch (options.kind) {
    case "virtual":
      return [await openVirtual(options)];
    case "bluez":
    case "noble":
      throw radioErrors.make("radio-package-missing", `the radio ${options.kind} is not part of this installation`);
  }
}

async function openVirtual({ place }: VirtualRadioOptions): Promise<ManagedRadio> {
  const { virtualRadio } = await import("./virtual.ts");
  return virtualRadio(place);
}
