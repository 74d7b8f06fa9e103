import { setTimeout } from "node:timers/promises";
import { createVirtualAir, type VirtualAir } from "../../../simulators/air/virtual-air.ts";
import { type BluetoothFront, serveOverHci } from "../../../simulators/bluetooth/bluetooth-front.ts";
import { createMedium } from "../../../simulators/bluetooth/medium/medium.ts";
import { attachVhci } from "../../../simulators/bluetooth/transport/vhci.ts";
import { realClock } from "../../../simulators/clock/real-clock.ts";
import { TypedPasskeys } from "./typed-passkeys.ts";

/** The guest kernel's Bluetooth with one adapter, in a room with the devices of an air. */
export interface RealBluetooth {
  readonly air: VirtualAir;
  readonly front: BluetoothFront;
  /** As the kernel names it: hci0. */
  readonly adapterName: () => string;
  /** The adapter's own address: no two rooms have the same, so that bluetoothd remembers nothing of an earlier one. */
  readonly adapterAddress: string;
  readonly adapter: { remove(): Promise<void>; add(): Promise<void> };
  readonly type: (address: string, passkey: number) => void;
  stop(): Promise<void>;
}

let rooms = 0;

const hexOctet = (octet: number): string => octet.toString(16).toUpperCase().padStart(2, "0");

/** bluetoothd takes an adapter off its bus a moment after the kernel has. */
const settleMs = 50;

export async function realBluetooth(): Promise<RealBluetooth> {
  rooms += 1;
  const clock = realClock;
  const air = createVirtualAir({ clock, seed: rooms });
  // Not faster than real: a device that is heard while the scan is still being switched on is not told of.
  const medium = createMedium({ clock, seed: rooms });
  const typed = new TypedPasskeys();
  const front = serveOverHci(air, medium, { clock, seed: rooms, person: typed.person });
  const octets = [process.pid >> 8, process.pid, rooms].map((number) => hexOctet(number & 0xff));
  const adapterAddress = `02:00:5E:${octets.join(":")}`;
  let plugged = new AbortController();
  let name = "";
  const adapter = {
    add: async (): Promise<void> => {
      plugged = new AbortController();
      name = await attachVhci(medium.controller({ address: adapterAddress }), plugged.signal);
    },
    remove: async (): Promise<void> => {
      plugged.abort();
      await setTimeout(settleMs);
    },
  };
  await adapter.add();
  return {
    air,
    front,
    adapterName: () => name,
    adapterAddress,
    adapter,
    type: (address, passkey) => typed.type(address, passkey),
    stop: async () => {
      front.close();
      await adapter.remove();
      medium.close();
    },
  };
}
