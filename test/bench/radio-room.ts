import { join } from "node:path";
import { z } from "zod";
import { startAedes } from "../doubles/loopback-aedes.ts";
import { createVirtualAir, type VirtualAir } from "../../simulators/air/virtual-air.ts";
import { realClock } from "../../simulators/clock/real-clock.ts";
import { BloodPressureCuff, plainCuff } from "../../simulators/peripherals/blood-pressure-cuff.ts";
import { systemIdOf } from "../../simulators/peripherals/device-identity.ts";
import { type GatewayProcess, startGatewayProcess } from "./gateway-process.ts";
import type { RadioFront } from "./radio-front.ts";

/** A gateway process, and the devices around it. */
export interface RadioRoom {
  readonly gateway: GatewayProcess;
  /** Devices that advertise and are no business of ours. */
  addNeighbours(count: number): void;
  /** Cuffs that stay near and awake; resolves when each of them has been read. */
  readDevices(count: number): Promise<void>;
  /** Cuffs come, one at a time, and leave when they are read. Milliseconds from "heard" to "on disk", as the gateway tells. */
  timesToDisk(count: number): Promise<readonly number[]>;
  stop(): Promise<void>;
}

export interface RoomOptions {
  readonly folder: string;
  /** How often each device advertises. */
  readonly intervalMs: number;
}

type Heard = z.infer<typeof heard>;
const heard = z.object({
  type: z.string(),
  reading: z.object({ device: z.object({ serial: z.string().nullable() }) }).optional(),
});

export async function openRoom(front: RadioFront, { folder, intervalMs }: RoomOptions): Promise<RadioRoom> {
  const air = createVirtualAir({ clock: realClock, seed: 1, advertisingIntervalMs: intervalMs });
  const served = await front.serve(air, folder);
  const broker = await startAedes();
  const listeners = new Set<(event: Heard) => void>();
  const gateway = startGatewayProcess({
    folder,
    storePath: join(folder, "store.db"),
    url: broker.url,
    sections: { radio: served.radio, collect: { devices: "any" }, clock: { assumeSynchronised: true } },
    onLine: (line) => {
      const event = heard.parse(JSON.parse(line));
      for (const listener of listeners) listener(event);
    },
  });
  const until = (match: (event: Heard) => boolean): Promise<number> => nextEvent(listeners, match);
  await until(({ type }) => type === "started");
  return {
    gateway,
    addNeighbours: (count) => {
      for (let index = 0; index < count; index += 1) addCuff(air, `C2:00:00:00:00:${twoDigits(index)}`, ["180F"]);
    },
    readDevices: async (count) => await readDevices(air, count, until),
    timesToDisk: async (count) => await timesToDisk(air, count, until),
    stop: async () => {
      await gateway.stop();
      await served.stop();
      await broker.stop();
    },
  };
}

type Until = (match: (event: Heard) => boolean) => Promise<number>;

const waitMsMax = 180_000;

/** Resolves with when it came. */
function nextEvent(listeners: Set<(event: Heard) => void>, match: (event: Heard) => boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the gateway did not tell what was waited for")), waitMsMax);
    const listener = (event: Heard): void => {
      if (!match(event)) return;
      clearTimeout(timer);
      listeners.delete(listener);
      resolve(performance.now());
    };
    listeners.add(listener);
  });
}

/** Each is disconnected from as soon as its reading is on disk, as most cuffs do of themselves. */
async function readDevices(air: VirtualAir, count: number, until: Until): Promise<void> {
  const reads = Array.from({ length: count }, async (_, index) => {
    const address = `C1:00:00:00:00:${twoDigits(index)}`;
    const stored = until(isStored(address));
    addCuff(air, address, ["1810"]);
    await stored;
    air.command({ type: "disconnect", address });
  });
  await Promise.all(reads);
}

async function timesToDisk(air: VirtualAir, count: number, until: Until): Promise<readonly number[]> {
  const timesMs: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const address = `C1:00:00:00:${twoDigits(index >> 8)}:${twoDigits(index & 0xff)}`;
    const seen = until(({ type }) => type === "device-seen");
    const stored = until(isStored(address));
    const ended = until(({ type }) => type === "session-ended");
    addCuff(air, address, ["1810"]);
    const seenMs = await seen;
    timesMs.push((await stored) - seenMs);
    air.remove(address);
    await ended;
  }
  return timesMs;
}

const serialOf = (address: string): string => address.replaceAll(":", "");

const isStored =
  (address: string) =>
  ({ type, reading }: Heard): boolean =>
    type === "reading-stored" && reading?.device.serial === serialOf(address);

const awakeForEver = { afterUseMs: 86_400_000, periodic: null };

function addCuff(air: VirtualAir, address: string, services: readonly string[]): void {
  const serial = serialOf(address);
  const cuff = new BloodPressureCuff(
    { clock: realClock, observe: () => undefined },
    {
      ...plainCuff,
      identity: {
        address,
        addressKind: "random-static",
        name: "Cuff",
        manufacturer: "Simulated",
        model: "Cuff",
        serial,
        firmware: "1.0",
        systemId: systemIdOf(address),
        batteryPercent: 80,
        textOctets: 0,
      },
      wakefulness: awakeForEver,
    },
  );
  cuff.measure({
    person: "sim-0001",
    userSlot: null,
    systolicMmHg: 128,
    diastolicMmHg: 80,
    pulsePerMin: 66,
    irregularPulse: false,
    bodyMovement: false,
    fault: false,
  });
  air.add(services.includes("1810") ? cuff : disguised(cuff, services));
}

/** The same device, advertising something else. */
function disguised(cuff: BloodPressureCuff, services: readonly string[]): Parameters<VirtualAir["add"]>[0] {
  return {
    address: cuff.address,
    addressKind: cuff.addressKind,
    name: "Neighbour",
    services,
    characteristics: cuff.characteristics,
    requiresBond: cuff.requiresBond,
    isAdvertising: () => true,
    accept: (link) => cuff.accept(link),
  };
}

const twoDigits = (value: number): string => value.toString(16).padStart(2, "0").toUpperCase();
