import type { VirtualAir } from "../air/virtual-air.ts";
import { realClock } from "../clock/real-clock.ts";
import { type BluetoothFrontEvent, serveOverHci } from "./bluetooth-front.ts";
import { createMedium } from "./medium/medium.ts";
import { serveH4 } from "./transport/h4-server.ts";
import { whenAborted } from "./transport/h4-stream.ts";
import { attachVhci } from "./transport/vhci.ts";

export interface BluetoothPlaces {
  /** A Unix socket on which every client gets an HCI controller, by H4; null for none. */
  readonly socket: string | null;
  /** Give this machine's kernel an adapter, by /dev/vhci? */
  readonly vhci: boolean;
  readonly seed: number;
  /** A device shows these six digits, because it is being paired. */
  readonly show: (address: string, digits: string) => void;
}

/**
 * Serves an air's devices over Bluetooth, in real time, until the signal is aborted: whoever has a controller in the
 * same room hears them. Resolves when the controllers are there.
 * @throws CarepostError `hci-socket-unavailable` or `vhci-unavailable`
 */
export async function serveBluetooth(air: VirtualAir, places: BluetoothPlaces, signal: AbortSignal): Promise<void> {
  const { socket, vhci, seed, show } = places;
  const tell = (event: BluetoothFrontEvent): void => {
    if (event.type === "passkey-shown") show(event.address, sixDigits(event.passkey));
    if (event.type === "digits-shown") show(event.address, sixDigits(event.digits));
  };
  const medium = createMedium({ clock: realClock, seed });
  const front = serveOverHci(air, medium, { clock: realClock, seed, tell });
  const failed = new AbortController();
  const over = AbortSignal.any([signal, failed.signal]);
  whenAborted(over, () => {
    front.close();
    medium.close();
  });
  try {
    if (socket !== null) await serveH4(medium, socket, over);
    if (vhci) await attachVhci(medium.controller(), over);
  } catch (error) {
    failed.abort();
    throw error;
  }
}

const sixDigits = (number: number): string => String(number).padStart(6, "0");
