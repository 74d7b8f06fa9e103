import type { GatewayConfig } from "../config/gateway-config.ts";
import { radioOptionsOf } from "../config/gateway-options-of.ts";
import { virtualRadio } from "../radio/virtual.ts";
import type { RadioOptions } from "../radio/radio-options.ts";
import type { Store } from "../store/store.ts";
import { kernelCheck } from "./checks/kernel-check.ts";
import { thisMachine } from "./checks/machine.ts";
import type { Machine } from "./checks/machine.ts";
import { noblePackageCheck, noblePermissionCheck } from "./checks/noble-checks.ts";
import { radioCheck } from "./checks/radio-check.ts";
import { rfkillCheck } from "./checks/rfkill-check.ts";
import type { Checkup } from "./checkup.ts";

/** The checks of the radio that is configured. The module of bluetoothd's checks is loaded only where it is used. */
export async function radioCheckup(
  config: GatewayConfig["radio"],
  store: Pick<Store, "bonds"> | null,
  place: RadioPlace = { machine: thisMachine(), listenMs: 4_000 },
): Promise<Checkup> {
  const { machine } = place;
  const options = radioOptionsOf(config);
  if (options.kind === "bluez") return await bluezCheckup(options, store, place);
  if (options.kind === "virtual") {
    const radio = virtualRadio({ socketPath: config.socket });
    return { checks: [radioCheck(radio, config.socket)], close: () => radio.close() };
  }
  const onLinux = machine.platform === "linux" && options.h4Socket === null;
  const checks = [
    ...(onLinux ? [kernelCheck(machine), rfkillCheck(machine)] : []),
    noblePackageCheck(options, machine),
    noblePermissionCheck(options, machine),
  ];
  return { checks, close: () => Promise.resolve() };
}

export interface RadioPlace {
  readonly machine: Machine;
  /** How long it is listened to what is heard. */
  readonly listenMs: number;
}

async function bluezCheckup(
  options: Extract<RadioOptions, { readonly kind: "bluez" }>,
  store: Pick<Store, "bonds"> | null,
  { machine, listenMs }: RadioPlace,
): Promise<Checkup> {
  const [
    { visitBluez },
    { bluetoothdCheck },
    { hardeningCheck },
    { adapterCheck },
    { rivalsCheck },
    { bondsCheck },
    { bluezRadioCheck },
  ] = await Promise.all([
    import("./checks/bluez-visit.ts"),
    import("./checks/bluetoothd-check.ts"),
    import("./checks/hardening-check.ts"),
    import("./checks/adapter-check.ts"),
    import("./checks/rivals-check.ts"),
    import("./checks/bonds-check.ts"),
    import("./checks/bluez-radio-check.ts"),
  ]);
  const visit = visitBluez(options.busAddress);
  const checks = [
    kernelCheck(machine),
    rfkillCheck(machine),
    bluetoothdCheck(visit, machine),
    hardeningCheck(visit, machine),
    adapterCheck(visit, machine, options.adapters),
    rivalsCheck(visit, machine),
    bondsCheck(visit, store),
    bluezRadioCheck(visit, options.adapters, listenMs),
  ];
  return { checks, close: () => visit.close() };
}
