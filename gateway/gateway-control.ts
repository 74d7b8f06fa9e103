import type { Clock } from "../device-drivers/ports/clock.ts";
import type { Log } from "../device-drivers/ports/log.ts";
import type { Collector } from "./collect/collector.ts";
import type { RadioSupervisor } from "./collect/radio-supervisor.ts";
import { controlPart } from "./control/control-part.ts";
import type { BondKeeper } from "./pairing/bond-keeper.ts";
import { forgetDevice } from "./pairing/forget-device.ts";
import { PairingDesk } from "./pairing/pairing-desk.ts";
import type { ManagedRadio } from "./radio/managed-radio.ts";
import type { Part } from "./run-parts.ts";
import type { Store } from "./store/store.ts";

export interface GatewayControlComponents {
  readonly path: string;
  readonly gateway: string;
  readonly version: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** The likeliest time, in milliseconds since 1970. */
  readonly now: () => number;
  readonly supervisor: RadioSupervisor;
  readonly bonds: BondKeeper;
  readonly collector: Pick<Collector, "expect" | "letGo">;
}

/** What other commands of this machine may ask of the gateway that runs: to pair, to forget, and how it fares. */
export function gatewayControl(components: GatewayControlComponents): Part {
  const { path, gateway, version, store, clock, log, now, supervisor, bonds, collector } = components;
  const active = (): ManagedRadio => supervisor.active();
  const desk = new PairingDesk({
    active,
    keeper: bonds,
    store,
    clock,
    now,
    letGo: (address) => collector.letGo(address),
    onPaired: (address) => collector.expect(address),
  });
  return controlPart({
    path,
    log,
    desk,
    forget: (deviceId) => forgetDevice({ store, keeper: bonds }, deviceId),
    state: () => {
      const { kind, adapter, abilities } = active();
      const { condition, silentMs } = supervisor.state();
      const radio = { radio: kind, adapter, pairing: abilities.pairing, condition, silentMs };
      return { gateway, version, ...radio, windowIsOpen: desk.isOpen };
    },
  });
}
