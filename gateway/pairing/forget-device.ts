import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import { forgetCollection } from "../collect/session-history.ts";
import { setKioskDevice } from "../kiosk/kiosk-devices.ts";
import type { Store } from "../store/store.ts";
import type { BondKeeper } from "./bond-keeper.ts";

export interface Forgotten {
  readonly wasKnown: boolean;
  /** `left`: the radio could not be asked, so this machine may still have the key. */
  readonly key: "removed" | "none" | "left";
}

export interface ForgetParts {
  readonly store: Store;
  readonly keeper: BondKeeper;
}

const forgetMsMax = 10_000;

/** Forgets a device, its assignments, how far it was read, and its key on every radio. Its readings stay. */
export async function forgetDevice({ store, keeper }: ForgetParts, deviceId: string): Promise<Forgotten> {
  const forgotten = await forgetKeys({ store, keeper }, deviceId);
  // Should it be paired again, nobody has said that it stays at the kiosk.
  await setKioskDevice(store, deviceId, false);
  await store.forgetDevice(deviceId);
  await forgetCollection(store, deviceId);
  return forgotten;
}

/** Forgets a device's key on every radio and nothing else: how far it was read stays, should it ever come back. */
export async function forgetKeys({ store, keeper }: ForgetParts, deviceId: string): Promise<Forgotten> {
  const known = (await store.devices()).find(({ id }) => id === deviceId);
  const bonds = (await store.bonds()).filter((bond) => bond.deviceId === deviceId || bond.address === deviceId);
  const addresses = new Set([...bonds, ...(known === undefined ? [] : [known])].map(({ address }) => address));
  const keys: Forgotten["key"][] = [];
  for (const address of addresses) keys.push(await forgetAddress({ store, keeper }, address));
  const key = keys.find((each) => each === "left") ?? keys.find((each) => each === "removed") ?? "none";
  return { wasKnown: known !== undefined || bonds.length > 0, key };
}

/** With its turn taken, so that its key is not missed. */
async function forgetAddress({ store, keeper }: ForgetParts, address: string): Promise<Forgotten["key"]> {
  const giveBack = await keeper.turns.take(address, AbortSignal.timeout(forgetMsMax)).catch(() => null);
  try {
    const hadKey = await keeper.forgetKey(address);
    return hadKey ? "removed" : "none";
  } catch (error) {
    if (!gattErrors.is(error)) throw error;
    return "left";
  } finally {
    await store.forgetBond(address.toUpperCase());
    giveBack?.();
  }
}
