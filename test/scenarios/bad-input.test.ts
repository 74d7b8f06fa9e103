import { expect, test } from "vitest";
import { fromHex } from "../../device-drivers/kit/hex.ts";
import type { GattLink, GattSubscription, Radio } from "../../device-drivers/ports/gatt.ts";
import { systemIdOf } from "../../simulators/peripherals/device-identity.ts";
import { seededRandom } from "../../simulators/random.ts";
import { plainRadio } from "../doubles/plain-radio.ts";
import { rawCuff, rawMeter } from "./raw-device.ts";
import { assigned, assignmentOf, blood, identityOf, placeMeter } from "./site-devices.ts";
import { openSite, type Site, type VirtualGateway } from "./virtual-site.ts";

const cuffAddress = "C0:00:00:00:00:02";
const cuffId = `system-id:${systemIdOf(cuffAddress)}`;
const meterAddress = "C0:00:00:00:00:01";
const meterId = `system-id:${systemIdOf(meterAddress)}`;

const octets = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array();
/** 120/80 mmHg, mean 93, at 10:00 of 22 November 2026, with the pulse 70. */
const goodPressure = octets("06780050005D00EA070B160A00004600");

async function hearCuff(
  frames: readonly Uint8Array[],
): Promise<{ readonly site: Site; readonly gateway: VirtualGateway }> {
  const site = await openSite();
  site.air.add(rawCuff(identityOf(cuffAddress, "Cuff"), frames));
  const gateway = await site.gateway(assigned({ id: cuffId }));
  await site.clock.advance(120_000);
  return { site, gateway };
}

const quarantinedBy = async ({ store }: VirtualGateway): Promise<readonly string[]> =>
  (await store.quarantined({ afterId: 0, limit: 1_000 })).map(({ reason, frames }) => `${reason} ${frames[0]?.hex}`);

test.each([
  ["is empty", ""],
  ["is cut off", "0678"],
  ["is shorter than its flags promise", "06780050005D00EA070B160A"],
  ["holds numbers of no cuff", "00FF030050005D00"],
])("a frame that %s is set aside whole, and the readings beside it arrive", async (_, hex) => {
  const { site, gateway } = await hearCuff([octets(hex), goodPressure]);
  expect(await site.delivered()).toMatchObject([{ systolic: { value: "120" } }]);
  expect(await quarantinedBy(gateway)).toEqual([`undecodable ${hex}`]);
});

test("pressures that no body gives are set aside, and are not delivered", async () => {
  const { site, gateway } = await hearCuff([octets("06500078005D00EA070B160A00004600"), goodPressure]);
  expect(await site.delivered()).toHaveLength(1);
  expect(await quarantinedBy(gateway)).toEqual(["implausible 06500078005D00EA070B160A00004600"]);
});

test("a measurement that failed on the device is kept as that", async () => {
  const { site, gateway } = await hearCuff([octets("06FF07FF07FF07EA070B160A0000FF07"), goodPressure]);
  expect(await site.delivered()).toHaveLength(1);
  expect(await quarantinedBy(gateway)).toEqual(["device-fault 06FF07FF07FF07EA070B160A0000FF07"]);
});

test("the longest value that GATT can carry is no reading, and is kept", async () => {
  const { gateway } = await hearCuff([new Uint8Array(512).fill(0xff)]);
  expect(await gateway.store.counts()).toMatchObject({ readings: 0, quarantined: 1 });
});

test("hundreds of frames of noise end no session, and none of them becomes a person's reading unseen", async () => {
  const random = seededRandom(3);
  const noise = Array.from({ length: 300 }, () =>
    Uint8Array.from({ length: Math.floor(random() * 40) }, () => Math.floor(random() * 256)),
  );
  const { site, gateway } = await hearCuff([...noise, goodPressure]);
  const { readings, quarantined } = await gateway.store.counts();
  expect(readings + quarantined).toBeGreaterThan(250);
  expect(gateway.events).toContainEqual(expect.objectContaining({ type: "session-ended", failure: null }));
  const delivered = await site.delivered();
  expect(delivered.some((reading) => reading.kind === "blood-pressure" && reading.systolic.value === "120")).toBe(true);
});

test.each([
  ["31 November", "EA070B1F0A0000"],
  ["a month 13", "EA070D010A0000"],
  ["24 o'clock", "EA070B16180000"],
  ["all ones", "FFFFFFFFFFFFFF"],
])("a glucose record of %s keeps its value, has no known time, and is nobody's", async (_, date) => {
  const site = await openSite();
  site.air.add(rawMeter(identityOf(meterAddress, "Meter"), [octets(`020700${date}68B011`)]));
  const gateway = await site.gateway(assigned({ id: meterId }));
  await site.clock.advance(60_000);
  const [held, ...more] = await gateway.store.readings({ limit: 10 });
  expect(more).toEqual([]);
  expect(held).toMatchObject({
    state: "held",
    reading: {
      person: null,
      concentration: { value: "104", unit: "mg/dL" },
      time: { device: null, measured: null, uncertaintyMs: null, basis: "unknown" },
    },
  });
});

test("a clock that was never set is corrected by what it shows now", async () => {
  const site = await openSite();
  const meter = placeMeter(site, {
    clock: { ...placeMeter(site, {}, "C0:00:00:00:00:09").device.options.clock, state: "never-set" },
    wakefulness: { afterUseMs: 600_000, periodic: null },
  });
  await site.gateway(assigned(meter));
  await site.clock.advance(300_000);
  meter.device.measure(blood(104));
  await site.clock.advance(300_000);
  expect(await site.delivered()).toMatchObject([
    {
      person: "sim-0001",
      time: {
        device: "2017-01-01T00:05:00",
        measured: expect.stringMatching(/^2026-11-23T08:05:0/),
        basis: "device-corrected",
      },
    },
  ]);
});

test("one device that comes as another is set aside, and the other goes on undisturbed", async () => {
  const site = await openSite();
  const meter = placeMeter(site, { wakefulness: { afterUseMs: 600_000, periodic: null } });
  const gateway = await site.gateway(assigned(meter));
  meter.device.measure(blood(104));
  await site.clock.advance(30_000);
  site.air.remove(meter.device.address);
  site.air.add(
    rawMeter({ ...identityOf(meterAddress, "Meter"), serial: "OTHER", systemId: null }, [
      octets("020800EA070B1708000068B011"),
    ]),
  );
  await site.clock.advance(120_000);
  expect(await site.delivered()).toHaveLength(1);
  expect(await quarantinedBy(gateway)).toEqual(["identity-doubtful 020800EA070B1708000068B011"]);
  site.air.remove(meterAddress);
  site.air.add(meter.device);
  meter.device.measure(blood(105));
  await site.clock.advance(120_000);
  expect(await site.delivered()).toHaveLength(2);
});

test("a driver that throws ends its own session only: what it had is kept, and other devices are read", async () => {
  const site = await openSite();
  const awake = { afterUseMs: 600_000, periodic: null };
  const cursed = placeMeter(site, { wakefulness: awake });
  const other = placeMeter(site, { wakefulness: awake }, "C0:00:00:00:00:03");
  for (let count = 10; count > 0; count -= 1) cursed.device.measure(blood(80 + count), count * 3_600_000);
  cursed.device.wake();
  let isCursed = true;
  const radio: Radio = {
    advertisements: (signal) => site.air.radio.advertisements(signal),
    connect: async (address, signal) => {
      const link = await site.air.radio.connect(address, signal);
      return address === cursed.device.address ? throwingAfter(link, 4, () => isCursed) : link;
    },
  };
  const gateway = await site.gateway({ ...assigned(cursed), radios: [plainRadio(radio)] });
  await gateway.store.saveAssignment(assignmentOf(other.id));
  other.device.measure(blood(104));
  await site.clock.advance(60_000);
  const failed = gateway.events.find((event) => event.type === "session-ended" && event.failure !== null);
  expect(failed).toMatchObject({ failure: "driver-failed", tally: { stored: 3 } });
  expect((await site.delivered()).map(({ device }) => device.id)).toContain(other.id);
  isCursed = false;
  await site.clock.advance(300_000);
  expect(await site.delivered()).toHaveLength(11);
});

/** A link whose subscriptions throw what no driver expects, after so many values. */
function throwingAfter(link: GattLink, values: number, isOn: () => boolean): GattLink {
  let taken = 0;
  const cursed = (subscription: GattSubscription): GattSubscription => ({
    close: () => subscription.close(),
    next: async (signal) => {
      if (isOn() && taken >= values) throw new TypeError("undefined is not a value");
      const value = await subscription.next(signal);
      taken += 1;
      return value;
    },
  });
  return {
    address: link.address,
    addressKind: link.addressKind,
    bonded: link.bonded,
    discover: (signal) => link.discover(signal),
    read: (characteristic, signal) => link.read(characteristic, signal),
    write: (characteristic, value, signal) => link.write(characteristic, value, signal),
    subscribe: async (characteristic, signal) => cursed(await link.subscribe(characteristic, signal)),
    close: () => link.close(),
  };
}

test("a stranger's device is not read, and is asked at most once an hour who it is", async () => {
  const site = await openSite();
  const meter = placeMeter(site, { wakefulness: { afterUseMs: 36_000_000, periodic: null } });
  let connections = 0;
  const radio: Radio = {
    advertisements: (signal) => site.air.radio.advertisements(signal),
    connect: async (address, signal) => {
      connections += 1;
      return await site.air.radio.connect(address, signal);
    },
  };
  const gateway = await site.gateway({ collect: { devices: "assigned" }, radios: [plainRadio(radio)] });
  meter.device.measure(blood(104));
  await site.clock.advance(3_500_000);
  expect(connections).toBe(1);
  expect(await gateway.store.counts()).toMatchObject({ readings: 0, quarantined: 0 });
  expect(await gateway.store.devices()).toEqual([]);
  await gateway.store.savePerson({ reference: "sim-0001", createdAt: 0 });
  await gateway.store.saveAssignment(assignmentOf(meter.id));
  await site.clock.advance(200_000);
  expect(await site.delivered()).toHaveLength(1);
});
