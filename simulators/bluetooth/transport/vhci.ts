import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../../device-drivers/ports/clock.ts";
import { realClock } from "../../clock/real-clock.ts";
import { bluetoothErrors } from "../bluetooth-error.ts";
import type { Controller } from "../controller/controller.ts";
import { h4 } from "../hci-transport.ts";
import { whenAborted } from "./h4-stream.ts";

/** The kernel's end of a virtual controller: whole packets, one for each read and write (drivers/bluetooth/hci_vhci.c). */
export interface VhciDevice {
  /** The next packet; null if there is none now. Throws when the device is gone. */
  read(): Uint8Array | null;
  write(packet: Uint8Array): void;
  /** The kernel then takes the adapter away, as if it had been unplugged. */
  close(): void;
}

export interface VhciOptions {
  /** `/dev/vhci` unless told. */
  readonly path?: string;
  /** Instead of the one at the path. */
  readonly device?: VhciDevice;
  readonly clock?: Clock;
}

/** A packet of the kernel is at most HCI_MAX_FRAME_SIZE long: 1,028 octets and its indicator. */
const packetBytesMax = 4_096;
/** Vendor packet to create an LE-capable primary controller (HCI_PRIMARY). */
const createPrimary = Uint8Array.of(h4.vendor, 0x00);
const createTimeoutMs = 5_000;

/**
 * Gives a controller to this machine's kernel, which has one adapter more until the signal is aborted or the controller
 * is removed. Resolves with the adapter's name, for example "hci0".
 * @throws CarepostError `vhci-unavailable` if the kernel does not take it
 */
export async function attachVhci(
  controller: Controller,
  signal: AbortSignal,
  { path = "/dev/vhci", device = openVhci(path), clock = realClock }: VhciOptions = {},
): Promise<string> {
  const host = controller.host();
  const attachment = new AbortController();
  const over = AbortSignal.any([attachment.signal, host.ended, signal]);
  const created = Promise.withResolvers<string>();
  created.promise.catch(() => undefined);
  whenAborted(over, () => {
    device.close();
    host.close();
    controller.remove();
    created.reject(bluetoothErrors.make("vhci-unavailable", "the kernel did not take the controller"));
  });
  const take = (packet: Uint8Array): void => {
    if (packet[0] !== h4.vendor) host.send(packet);
    else created.resolve(`hci${(packet[2] ?? 0) | ((packet[3] ?? 0) << 8)}`);
  };
  if (over.aborted) return await created.promise;
  const link = guarded(device, () => attachment.abort());
  link.write(createPrimary);
  host.receive((packet) => link.write(packet));
  void poll(link, { take, clock, over });
  const named = new AbortController();
  clock.sleep(createTimeoutMs, AbortSignal.any([over, named.signal])).then(
    () => attachment.abort(),
    () => undefined,
  );
  try {
    return await created.promise;
  } finally {
    named.abort();
  }
}

/** @throws CarepostError `vhci-unavailable` if there is no such device, or it may not be opened */
function openVhci(path: string): VhciDevice {
  const descriptor = open(path);
  const buffer = new Uint8Array(packetBytesMax);
  return {
    read: () => {
      try {
        return buffer.slice(0, readSync(descriptor, buffer));
      } catch (error) {
        if (hasCode(error, "EAGAIN")) return null;
        throw error;
      }
    },
    write: (packet) => {
      try {
        writeSync(descriptor, packet);
      } catch (error) {
        // The adapter is switched off: what a controller says then, nobody hears.
        if (!hasCode(error, "ENXIO")) throw error;
      }
    },
    close: () => closeSync(descriptor),
  };
}

/** A read that blocks would hold the descriptor, and with it the adapter, until the kernel had something to say. */
function open(path: string): number {
  try {
    return openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  } catch (error) {
    throw bluetoothErrors.make("vhci-unavailable", `${path} cannot be opened`, { cause: error });
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;

/** A device whose failures end the attachment, and nothing else. */
function guarded(device: VhciDevice, gone: () => void): Pick<VhciDevice, "read" | "write"> {
  const attempt = <T>(act: () => T, otherwise: T): T => {
    try {
      return act();
    } catch {
      gone();
      return otherwise;
    }
  };
  return {
    read: () => attempt(() => device.read(), null),
    write: (packet) => attempt(() => device.write(packet), undefined),
  };
}

interface Polling {
  readonly take: (packet: Uint8Array) => void;
  readonly clock: Clock;
  readonly over: AbortSignal;
}

/** Node cannot wait for this descriptor, so it is looked at: often while there is traffic, seldom while there is none. */
async function poll(device: Pick<VhciDevice, "read">, { take, clock, over }: Polling): Promise<void> {
  let vain = 0;
  while (!over.aborted) {
    const packet = device.read();
    if (packet !== null) {
      vain = 0;
      take(packet);
      continue;
    }
    vain += 1;
    await rest(waitMsAfter(vain), clock, over);
  }
}

/** After so many looks that found nothing. */
function waitMsAfter(vain: number): number {
  if (vain <= 8) return 0;
  return vain <= 30 ? 1 : 4;
}

async function rest(waitMs: number, clock: Clock, over: AbortSignal): Promise<void> {
  if (waitMs === 0) await setImmediate();
  else await clock.sleep(waitMs, over).catch(() => undefined);
}
