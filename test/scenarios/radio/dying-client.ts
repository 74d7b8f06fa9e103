import { chooseAdapter } from "../../../gateway/radio/bluez/bluez-adapters.ts";
import { openBluezBus } from "../../../gateway/radio/bluez/bluez-bus.ts";
import { bluezInterfaces } from "../../../gateway/radio/bluez/bluez-names.ts";
import { mirrorBluezObjects } from "../../../gateway/radio/bluez/bluez-objects.ts";
import { deviceAt } from "../../../gateway/radio/bluez/bonds.ts";

const limitMs = 30_000;

/** A client of bluetoothd that finds a device, connects to it, and leaves the bus as if it had been killed. */
export async function connectAndDie(busAddress: string, address: string, wanted: string | null = null): Promise<void> {
  const bus = await openBluezBus({ address: busAddress });
  try {
    const signal = AbortSignal.timeout(limitMs);
    const objects = await mirrorBluezObjects(bus);
    const adapter = chooseAdapter(objects, wanted)?.path ?? "";
    const search = { path: adapter, interface: bluezInterfaces.adapter };
    await bus.call({ ...search, member: "StartDiscovery" }, signal);
    await objects.until(() => deviceAt(objects, adapter, address) !== null, signal);
    await bus.call({ ...search, member: "StopDiscovery" }, signal);
    const device = { path: deviceAt(objects, adapter, address) ?? "", interface: bluezInterfaces.device };
    await bus.call({ ...device, member: "Connect", timeoutMs: limitMs }, signal);
  } finally {
    await bus.close();
  }
}
