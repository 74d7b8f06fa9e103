import { z } from "zod";
import type { Store } from "../store/store.ts";

/** Which devices stay at the kiosk, for whoever stands before it: device ids, in a setting of the store. */
export async function kioskDevices(store: Pick<Store, "setting">): Promise<ReadonlySet<string>> {
  const text = await store.setting(settingName);
  return new Set(text === null ? [] : z.array(z.string()).parse(JSON.parse(text)));
}

/** Returns whether that changed anything. */
export async function setKioskDevice(
  store: Pick<Store, "setting" | "saveSetting">,
  deviceId: string,
  isKiosks: boolean,
): Promise<boolean> {
  const before = await kioskDevices(store);
  if (before.has(deviceId) === isKiosks) return false;
  const devices = new Set(before);
  if (isKiosks) devices.add(deviceId);
  else devices.delete(deviceId);
  await store.saveSetting(settingName, JSON.stringify([...devices].toSorted()));
  return true;
}

const settingName = "kiosk-devices";
