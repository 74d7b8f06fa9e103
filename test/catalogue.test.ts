import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { catalogue, matchAdvertisement, matchDevice, vendorEntries } from "../device-drivers/catalogue.ts";
import type { DriverSession, Observed } from "../device-drivers/kit/driver.ts";
import { toHex } from "../device-drivers/kit/hex.ts";
import type { GattLink } from "../device-drivers/ports/gatt.ts";
import { defaultQuirks } from "../device-drivers/vendors/defaults.ts";
import { seededRandom } from "../simulators/random.ts";
import { collectFrom, connectTo, consume, idleLink, noInformation } from "./device-drivers/collecting.ts";
import { deviceOf, driverRigs } from "./device-drivers/driver-rigs.ts";

/* What every driver promises, tried on every way in which each of them reads a device. */

const timeBoundMs = 60_000;

test("every driver is in the catalogue under a name and services of its own, with a folder and a rig", () => {
  const names = catalogue.map(({ name }) => name);
  const services = catalogue.flatMap((driver) => driver.services);
  expect(new Set(names).size).toBe(names.length);
  expect(new Set(services).size).toBe(services.length);
  for (const name of names) {
    expect(name).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
    expect(existsSync(join(import.meta.dirname, "../device-drivers/profiles", name, "driver.ts"))).toBe(true);
  }
  expect(new Set(driverRigs.map(({ driver }) => driver.name))).toEqual(new Set(names));
});

test.for(driverRigs)("$name: is found by its services, before and after connecting", (rig) => {
  const services = ["180A", ...rig.driver.services];
  expect(matchAdvertisement({ services })).toBe(rig.driver);
  expect(matchDevice(services, noInformation)).toEqual({ driver: rig.driver, quirks: defaultQuirks });
});

test.for(driverRigs)("$name: is read whole and well", async (rig) => {
  const outcome = await collectFrom(rig.driver, deviceOf(rig));
  expect(outcome.error).toBeNull();
  expect(framesOf(outcome.observed)).toEqual(rig.frames.toSorted());
  expect(outcome.tookMs).toBeLessThan(timeBoundMs);
});

test.for(driverRigs)("$name: is never told to delete, nor written anything but a request and the time", async (rig) => {
  const quirks = { setClock: "after-collection" } as const;
  const writes: string[] = [];
  for (const sent of [rig.frames, [...rig.frames, ...rig.closing], [...rig.frames, "hang up"], []]) {
    for (const lastSequenceNumber of [null, 1, 65_535]) {
      const device = deviceOf(rig, sent);
      const history = { lastSequenceNumber, lastDeviceTime: null };
      await collectFrom(rig.driver, device, { quirks, history });
      writes.push(...device.heard.filter((line) => line.startsWith("write")));
    }
  }
  const allowed = /^write (?:2A52 (?:0101|0106|010301\w{4}|0401|0300)|2A2B \w{20}|2A08 \w{14})$/;
  expect(writes.filter((line) => !allowed.test(line))).toEqual([]);
});

test.for(driverRigs)(
  "$name: whatever arrived before the link was lost is yielded, wherever it is lost",
  async (rig) => {
    for (let sent = 0; sent <= rig.frames.length; sent += 1) {
      const device = deviceOf(rig, [...rig.frames.slice(0, sent), "hang up"]);
      const outcome = await collectFrom(rig.driver, device);
      expect([sent, framesOf(outcome.observed)]).toEqual([sent, rig.frames.slice(0, sent).toSorted()]);
    }
  },
);

test.for(driverRigs)("$name: nothing is requested before every subscription is confirmed", async (rig) => {
  const { clock, session } = await connectTo(deviceOf(rig), {
    faults: { operationLatencyMs: { minMs: 5, maxMs: 50 } },
  });
  const log: string[] = [];
  const link = loggingLink(session.link, log);
  await clock.runUntil(consume(rig.driver.collect({ ...session, link })));
  const asked = log.filter((line) => line.startsWith("subscribing")).length;
  const lastConfirmed = log.findLastIndex((line) => line.startsWith("subscribed"));
  expect(asked).toBeGreaterThan(0);
  expect(log.filter((line) => line.startsWith("subscribed"))).toHaveLength(asked);
  expect(log.slice(0, lastConfirmed).filter((line) => line.startsWith("writing 2A52"))).toEqual([]);
});

test.for(driverRigs)(
  "$name: hears nothing, no request and no confirmation, while the consumer is busy",
  async (rig) => {
    const device = deviceOf(rig);
    const confirmed = (): readonly string[] => device.deliveries.filter((line) => line.endsWith("confirmed"));
    const { clock, session } = await connectTo(device);
    const collection = rig.driver.collect(session);
    const observed: Observed[] = [];
    for (;;) {
      const { done, value } = await clock.runUntil(collection.next());
      if (done === true) break;
      observed.push(value);
      await clock.settle();
      const before = [...device.heard, ...confirmed()];
      await clock.advance(5_000);
      expect([...device.heard, ...confirmed()]).toEqual(before);
    }
    expect(framesOf(observed)).toEqual(rig.frames.toSorted());
  },
);

test.for(driverRigs)(
  "$name: its subscriptions are closed when it ends, fails, is cancelled or is given up",
  async (rig) => {
    const ended = deviceOf(rig);
    await collectFrom(rig.driver, ended);
    const failed = deviceOf(rig, []);
    await collectFrom(rig.driver, failed);

    const givenUp = deviceOf(rig);
    const first = await connectTo(givenUp);
    const collection = rig.driver.collect(first.session);
    await first.clock.runUntil(collection.next());
    await first.clock.runUntil(collection.return({ records: 0, counterWasReset: false }));

    const stop = new AbortController();
    const cancelled = deviceOf(rig);
    const second = await connectTo(cancelled, { signal: stop.signal });
    const stopAtFirst = (): void => stop.abort(new Error("stop"));
    const rest = second.clock.runUntil(consume(rig.driver.collect(second.session), stopAtFirst));
    await expect(rest).rejects.toThrow("stop");

    for (const { heard } of [ended, failed, givenUp, cancelled]) {
      expect(heard.some((line) => line.startsWith("on "))).toBe(true);
      expect(openSubscriptions(heard)).toEqual([]);
    }
  },
);

test.for(driverRigs)("$name: ends within its time when the device says nothing", async (rig) => {
  const outcome = await collectFrom(rig.driver, deviceOf(rig, []));
  expect(outcome.observed.filter(({ type }) => type !== "expected")).toEqual([]);
  expect(outcome.tookMs).toBeLessThan(timeBoundMs);
});

test.for(driverRigs)("$name: ends within its time when no operation is ever answered", async (rig) => {
  const { clock, session } = await connectTo(deviceOf(rig));
  const never = (): Promise<never> => new Promise(() => {});
  const link = { ...idleLink, read: never, write: never, subscribe: never };
  const collection = consume(rig.driver.collect({ ...session, link }));
  await expect(clock.runUntil(collection, timeBoundMs)).rejects.toMatchObject({ code: "operation-timeout" });
});

test.for(driverRigs)("$name: frames of noise are kept as they came, and do not end the session", async (rig) => {
  const random = seededRandom(7);
  const noise = Array.from({ length: 200 }, (_, index) => {
    const uuid = rig.frames[index % rig.frames.length]?.slice(0, 4) ?? "";
    const bytes = Uint8Array.from({ length: 1 + Math.floor(random() * 20) }, () => Math.floor(random() * 256));
    return `${uuid} ${toHex(bytes)}`;
  });
  const outcome = await collectFrom(rig.driver, deviceOf(rig, [...noise, ...rig.closing]));
  expect(outcome.error).toBeNull();
  expect(new Set(framesOf(outcome.observed))).toEqual(new Set(noise));
});

test.for(driverRigs)("$name: touches nothing when it was cancelled before it began", async (rig) => {
  const device = deviceOf(rig);
  const { clock, session } = await connectTo(device);
  const signal = AbortSignal.abort(new Error("never mind"));
  const first = rig.driver.collect({ ...session, signal }).next();
  await expect(clock.runUntil(first)).rejects.toThrow("never mind");
  expect(device.heard).toEqual([]);
});

test("what is known of a model is found by what it tells of itself, and others get the defaults", () => {
  const quirksOf = (manufacturer: string | null, model: string | null): unknown =>
    matchDevice(["1808"], { ...noInformation, manufacturer, model })?.quirks;
  expect(quirksOf("A&D Medical", "UA-651BLE")).toMatchObject({ setClock: "before-collection" });
  expect(quirksOf("OMRONHEALTHCARE", "HEM-7361T")).toMatchObject({ setClock: "before-collection", settleMs: 1_500 });
  expect(quirksOf("Beurer", "BM85")).toMatchObject({ bloodPressureLayout: "beurer-bm85" });
  expect(quirksOf("i-SENS", "CareSens Dual")).toMatchObject({ ketoneAsMeal6: true });
  expect(quirksOf(null, "TN'G")).toMatchObject({ deltaUnsupported: true, sequenceReversed: true });
  expect(quirksOf("TaiDoc", "TD-4289")).toMatchObject({ phantomHighYear: 2037 });
  for (const [manufacturer, model] of [
    ["Roche", "Guide"],
    ["Beurer", "BM96"],
    ["Beurer", "BM850"],
    [null, null],
    ["Nobody", "UA"],
  ] as const) {
    expect(quirksOf(manufacturer, model)).toEqual(defaultQuirks);
  }
});

test("a device of no known service has no driver", () => {
  expect(matchAdvertisement({ services: ["180A", "1822"] })).toBeNull();
  expect(matchDevice([], noInformation)).toBeNull();
});

test("every entry on a model says what it is judged by and where that is known from", () => {
  const judged = vendorEntries.filter(({ match }) => Object.keys(match).length > 0);
  expect(judged).toEqual(vendorEntries);
  expect(
    vendorEntries.filter(
      ({ source, quirks, borne }) => source.length < 10 || (Object.keys(quirks).length === 0 && borne.length === 0),
    ),
  ).toEqual([]);
});

/** Every frame of records in what was yielded, as the rigs write them, sorted. */
const framesOf = (observed: readonly Observed[]): readonly string[] =>
  observed
    .flatMap((each) => {
      if (each.type === "measurement") return each.measurement.frames;
      return "frames" in each ? each.frames : [];
    })
    .map(({ characteristic, bytes }) => `${characteristic} ${toHex(bytes)}`)
    .toSorted();

function openSubscriptions(heard: readonly string[]): readonly string[] {
  const open = new Set<string>();
  for (const line of heard) {
    if (line.startsWith("on ")) open.add(line.slice(3));
    if (line.startsWith("off ")) open.delete(line.slice(4));
  }
  return [...open];
}

function loggingLink(link: GattLink, log: string[]): DriverSession["link"] {
  return {
    ...idleLink,
    read: (characteristic, signal) => link.read(characteristic, signal),
    write: (characteristic, value, signal) => {
      log.push(`writing ${characteristic.uuid}`);
      return link.write(characteristic, value, signal);
    },
    subscribe: async (characteristic, signal) => {
      log.push(`subscribing ${characteristic.uuid}`);
      const subscription = await link.subscribe(characteristic, signal);
      log.push(`subscribed ${characteristic.uuid}`);
      return subscription;
    },
  };
}
