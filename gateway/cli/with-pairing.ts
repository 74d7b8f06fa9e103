import type { Log } from "../../device-drivers/ports/log.ts";
import { forgetAudited } from "../care/forget-audited.ts";
import { pairedSubject, writeAudit } from "../care/write-audit.ts";
import { radioOptionsOf } from "../config/gateway-options-of.ts";
import { loadRadioConfig } from "../config/load-config.ts";
import { BondKeeper } from "../pairing/bond-keeper.ts";
import { forgetDevice, type Forgotten } from "../pairing/forget-device.ts";
import { PairingDesk } from "../pairing/pairing-desk.ts";
import type { PairingSession, WindowOptions } from "../pairing/pairing-window.ts";
import type { ManagedRadio } from "../radio/managed-radio.ts";
import { openRadios } from "../radio/open-radio.ts";
import type { PairingDialogue } from "../radio/pairing.ts";
import { throwSum } from "../run-parts.ts";
import type { DeviceBond, Store } from "../store/store.ts";
import { systemClock } from "../system-clock.ts";
import { cliErrors } from "./cli-error.ts";
import { processLog } from "./process-log.ts";
import { withGateway } from "./with-gateway.ts";
import { type StoreOptions, withStore, withStoreMade } from "./with-store.ts";

/** Whoever can pair and forget: the gateway that runs here, or this command itself. */
export interface PairingOffice {
  readonly isGateway: boolean;
  open(options: WindowOptions, dialogue: PairingDialogue, signal: AbortSignal): Promise<PairingSession>;
  /** @param gateway the gateway's id, asked only if the cloud is to be told of something */
  forget(deviceId: string, gateway: () => string): Promise<Forgotten>;
}

/**
 * Lends the running gateway's office, or, where none runs, one of this process's own, with the database and the radio
 * for as long as it is used.
 * @param without `radio`: it is enough to reach the database, where there is no radio to be had
 */
export async function withPairing<T>(
  options: StoreOptions,
  use: (office: PairingOffice) => Promise<T>,
  without: "radio" | "nothing" = "nothing",
): Promise<T> {
  const own = (store: Store): Promise<T> => withOwn({ options, store, without }, use);
  return await withGateway(options, {
    gateway: (client) =>
      use({
        isGateway: true,
        open: (window, dialogue, signal) => client.openWindow(window, dialogue, signal),
        forget: (deviceId) => client.forget(deviceId),
      }),
    // Whoever pairs may be the first to come; there is nothing to forget where there is no store.
    own: () => (without === "nothing" ? withStoreMade(options, own) : withStore(options, own)),
  });
}

interface Own {
  readonly options: StoreOptions;
  readonly store: Store;
  readonly without: "radio" | "nothing";
}

async function withOwn<T>({ options, store, without }: Own, use: (office: PairingOffice) => Promise<T>): Promise<T> {
  const log = processLog("error");
  const radios = await radiosOf(options, log).catch((error: unknown) => {
    if (without === "radio") return [];
    throw error;
  });
  const failures: unknown[] = [];
  try {
    return await use(ownOffice({ radios, store, log }));
  } catch (error) {
    failures.push(error);
    throw error;
  } finally {
    for (const radio of radios) await radio.close().catch((error: unknown) => failures.push(error));
    throwSum(failures);
  }
}

function ownOffice(own: {
  readonly radios: readonly ManagedRadio[];
  readonly store: Store;
  readonly log: Log;
}): PairingOffice {
  const { radios, store } = own;
  const active = (): ManagedRadio => {
    const [radio] = radios;
    if (radio === undefined) throw cliErrors.make("radio-absent", "there is no radio to pair with");
    return radio;
  };
  const actor = "command-line";
  const around = { clock: systemClock, now: () => systemClock.now(), onEvent: (): void => undefined };
  const keeper = new BondKeeper({ ...own, ...around, active });
  const desk = new PairingDesk({ active, keeper, store, ...around });
  return {
    isGateway: false,
    open: async (options, dialogue, signal) => {
      const window = desk.open(options, dialogue, signal);
      return {
        candidates: (until) => window.candidates(until),
        ended: () => window.ended(),
        pair: async (choice) => {
          const device = await window.pair(choice);
          const subject = pairedSubject(device);
          await writeAudit(store, { at: systemClock.now(), actor, action: "device-paired", subject });
          return device;
        },
        close: () => window.close(),
      };
    },
    forget: async (deviceId, gateway) => {
      const address = deviceId.toUpperCase();
      const isNamed = (bond: DeviceBond): boolean => bond.deviceId === deviceId || bond.address === address;
      const hadKey = (await store.bonds()).some((bond) => isNamed(bond) && bond.state === "bonded");
      const forget = (device: string): Promise<Forgotten> => forgetDevice({ store, keeper }, device);
      const place = { at: systemClock.now(), actor, gateway };
      const forgotten = await forgetAudited({ store, forget }, place, deviceId);
      return radios.length === 0 && hadKey ? { ...forgotten, key: "left" } : forgotten;
    },
  };
}

async function radiosOf({ config }: StoreOptions, log: Log): Promise<readonly ManagedRadio[]> {
  const origin = { path: config ?? null, environment: process.env, folder: process.cwd(), flags: [] };
  const loaded = loadRadioConfig(origin);
  return await openRadios(radioOptionsOf(loaded.config.radio), { clock: systemClock, log });
}
