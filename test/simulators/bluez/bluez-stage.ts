import { afterAll, beforeAll, onTestFinished } from "vitest";
import type { AirFaults } from "../../../simulators/air/air-faults.ts";
import { createVirtualAir, type VirtualAir } from "../../../simulators/air/virtual-air.ts";
import { serveBluez, type SimulatedBluez, type SimulatedBluezOptions } from "../../../simulators/bluez/serve-bluez.ts";
import { pacedClock } from "../../../simulators/clock/paced-clock.ts";
import { realClock } from "../../../simulators/clock/real-clock.ts";
import { justWorks, type PairingTraits } from "../../../simulators/peripherals/pairing-traits.ts";
import { Probe } from "../../contracts/gatt-link-probe.ts";
import { type PrivateBus, startPrivateBus } from "../../doubles/private-bus.ts";
import { BusClient } from "./bus-client.ts";

/** A device that pairs in a way of its own, and may be without a key from the start. */
export class PairingProbe extends Probe {
  readonly pairing: PairingTraits;
  override readonly addressKind: Probe["addressKind"];

  constructor(pairing: Partial<PairingTraits> = {}, addressKind: Probe["addressKind"] = "random-static") {
    super();
    this.pairing = { ...justWorks, ...pairing };
    this.addressKind = addressKind;
  }
}

export interface BluezStage {
  readonly air: VirtualAir;
  readonly probe: PairingProbe;
  readonly bluez: SimulatedBluez;
  readonly client: BusClient;
  /** Another client on the same bus. */
  readonly another: () => Promise<BusClient>;
}

export interface StageOptions extends SimulatedBluezOptions {
  readonly pairing?: Partial<PairingTraits>;
  readonly faults?: Partial<AirFaults>;
  /** @default random-static */
  readonly addressKind?: Probe["addressKind"];
}

export const adapter = "/org/bluez/hci0";
export const adapterTarget = `${adapter} org.bluez.Adapter1`;
export const device = `${adapter}/dev_C0_FF_EE_00_00_01`;
export const deviceTarget = `${device} org.bluez.Device1`;
/** Of the probe: its pressure, which indicates. */
export const pressure = `${device}/service001e/char001f`;
export const gattTarget = (path: string): string => `${path} org.bluez.GattCharacteristic1`;

/** A second of the simulated daemon takes 5 ms here. */
export const pace = 40;

/** One bus for the tests of a file, and a daemon for each. Strangers from the start, unless `bonds` says otherwise. */
export function bluezStages(): (options?: StageOptions) => Promise<BluezStage> {
  let bus: PrivateBus | null = null;
  beforeAll(async () => {
    bus = await startPrivateBus();
  });
  afterAll(async () => {
    await bus?.stop();
  });
  return async ({ pairing, faults, addressKind, ...options }: StageOptions = {}) => {
    if (bus === null) throw new RangeError("there is no bus");
    const { address } = bus;
    const clock = pacedClock(realClock, pace);
    const air = createVirtualAir({ clock, seed: 1, advertisingIntervalMs: 200, ...(faults ? { faults } : {}) });
    const probe = new PairingProbe(pairing, addressKind);
    air.add(probe);
    if (options.bonds !== "all") air.command({ type: "forget-bond", address: probe.address });
    const bluez = await serveBluez(air, { address }, { clock, bonds: "none", ...options });
    const clients: BusClient[] = [];
    const another = async (): Promise<BusClient> => {
      const client = await BusClient.open(address);
      clients.push(client);
      return client;
    };
    onTestFinished(async () => {
      for (const client of clients) client.close();
      await bluez.stop();
    });
    return { air, probe, bluez, client: await another(), another };
  };
}

/** Discovers the probe, and stops. */
export async function find({ client }: BluezStage): Promise<void> {
  await client.call(adapterTarget, "StartDiscovery");
  await client.until(/^added .*Device1|RSSI=/);
  await client.call(adapterTarget, "StopDiscovery");
}

/** Discovers the probe and connects to it; its services are resolved. Returns the place in the story after that. */
export async function connect(stage: BluezStage): Promise<number> {
  await find(stage);
  await stage.client.call(deviceTarget, "Connect");
  await stage.client.until(/ServicesResolved=true/);
  return stage.client.story.length;
}
