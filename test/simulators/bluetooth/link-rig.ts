import { onTestFinished } from "vitest";
import type { Controller } from "../../../simulators/bluetooth/controller/controller.ts";
import { createMedium, type Medium, type MediumOptions } from "../../../simulators/bluetooth/medium/medium.ts";
import { createVirtualClock, type VirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { seededRandom } from "../../../simulators/random.ts";
import { HciHost } from "../../doubles/bluetooth/hci-host.ts";
import { LeCentral } from "../../doubles/bluetooth/le-central.ts";

/** A central's host and a bare peripheral's host, each on a controller of its own, in a room of virtual time. */
export interface LinkRig {
  readonly clock: VirtualClock;
  readonly medium: Medium;
  readonly central: LeCentral;
  readonly centralController: Controller;
  readonly peripheral: HciHost;
  readonly peripheralController: Controller;
}

export interface LinkRigOptions extends Partial<MediumOptions> {
  readonly aclBytesMax?: number;
  readonly linksMax?: number;
}

export const peripheralAddress = "C0:FF:EE:00:00:01";
/** Flags, general discoverable, no BR/EDR. */
export const advertisingData = [0x02, 0x01, 0x06] as const;
/** Complete local name "CP". */
export const scanResponseData = [0x03, 0x09, 0x43, 0x50] as const;

export async function startRig({ aclBytesMax, linksMax, ...room }: LinkRigOptions = {}): Promise<LinkRig> {
  const clock = createVirtualClock(0);
  const medium = createMedium({ clock, seed: 1, ...room });
  onTestFinished(() => medium.close());
  const centralController = medium.controller(linksMax === undefined ? {} : { linksMax });
  const peripheralController = medium.controller({
    address: peripheralAddress,
    addressKind: "random-static",
    rssiDbm: -70,
    ...(aclBytesMax === undefined ? {} : { aclBytesMax }),
  });
  const central = await LeCentral.open(centralController.host(), { clock, random: seededRandom(1) });
  const peripheral = new HciHost(peripheralController.host());
  await prepare(peripheral);
  return { clock, medium, central, centralController, peripheral, peripheralController };
}

/** Everything is to be heard of. */
export async function prepare(host: HciHost): Promise<void> {
  const all = Array.from({ length: 8 }, () => 0xff);
  await host.command(0x0c03);
  await host.command(0x0c01, ...all);
  await host.command(0x2001, 0x1f, 0, 0, 0, 0, 0, 0, 0);
}

export interface Advertising {
  /** In units of 0.625 ms; 100 ms unless told. */
  readonly interval?: number;
  readonly type?: number;
  readonly ownAddressType?: number;
  readonly peer?: readonly number[];
  readonly filterPolicy?: number;
}

/** Resolves with the status of the enabling. */
export async function advertise(host: HciHost, advertising: Advertising = {}): Promise<number> {
  const { interval = 0xa0, type = 0, ownAddressType = 1, peer = [0, 0, 0, 0, 0, 0, 0], filterPolicy = 0 } = advertising;
  const paced = [interval & 0xff, interval >> 8];
  await host.command(0x2006, ...paced, ...paced, type, ownAddressType, ...peer, 0x07, filterPolicy);
  await host.command(0x2008, ...padded(advertisingData));
  await host.command(0x2009, ...padded(scanResponseData));
  const [status = 0xff] = await host.command(0x200a, 1);
  return status;
}

export const padded = (data: readonly number[]): readonly number[] => [
  data.length,
  ...data,
  ...Array.from({ length: 31 - data.length }, () => 0),
];

/** The handles at both ends of a new link. */
export interface Linked {
  readonly link: Awaited<ReturnType<LeCentral["connect"]>>;
  readonly peripheralHandle: number;
}

export async function connectPair({ clock, central, peripheral }: LinkRig): Promise<Linked> {
  await advertise(peripheral);
  const link = await clock.runUntil(central.connect(peripheralAddress));
  const [status = 0xff, low = 0, high = 0] = await peripheral.event(0x3e01);
  if (status !== 0) throw new Error(`the peripheral's connection failed with ${status}`);
  return { link, peripheralHandle: low | (high << 8) };
}

export const handleOctets = (handle: number): readonly number[] => [handle & 0xff, handle >> 8];

export const hex = (octets: Uint8Array): string => Buffer.from(octets).toString("hex");
