import type { Log } from "../device-drivers/ports/log.ts";
import { forgetAudited } from "./care/forget-audited.ts";
import { withdrawConsents } from "./care/withdraw-consents.ts";
import { writeAudit } from "./care/write-audit.ts";
import type { RadioSupervisor } from "./collect/radio-supervisor.ts";
import { controlPart } from "./control/control-part.ts";
import type { BondKeeper } from "./pairing/bond-keeper.ts";
import { forgetDevice, type Forgotten } from "./pairing/forget-device.ts";
import type { PairingDesk } from "./pairing/pairing-desk.ts";
import type { ManagedRadio } from "./radio/managed-radio.ts";
import type { Part } from "./run-parts.ts";
import type { Store } from "./store/store.ts";

export interface GatewayControlComponents {
  readonly path: string;
  readonly gateway: string;
  readonly version: string;
  readonly store: Store;
  readonly log: Log;
  readonly supervisor: RadioSupervisor;
  readonly bonds: BondKeeper;
  readonly desk: PairingDesk;
  /** The likeliest time, in milliseconds since 1970. */
  readonly now: () => number;
}

/** What other commands of this machine may ask of the gateway that runs: to pair, to forget, to end consents, and how it fares. */
export function gatewayControl(components: GatewayControlComponents): Part {
  const { path, gateway, version, store, log, supervisor, bonds, desk, now } = components;
  const actor = "command-line";
  const active = (): ManagedRadio => supervisor.active();
  const forget = (device: string): Promise<Forgotten> => forgetDevice({ store, keeper: bonds }, device);
  return controlPart({
    path,
    log,
    desk,
    forget: (device) => forgetAudited({ store, forget }, { at: now(), actor, gateway: () => gateway }, device),
    withdraw: (person) => withdrawConsents(store, { person, at: now(), actor, gateway }),
    note: (action, subject) => writeAudit(store, { at: now(), actor, action, subject }),
    state: () => {
      const { kind, adapter, abilities } = active();
      const { condition, silentMs } = supervisor.state();
      const radio = { radio: kind, adapter, pairing: abilities.pairing, condition, silentMs };
      return { gateway, version, ...radio, windowIsOpen: desk.isOpen };
    },
  });
}
