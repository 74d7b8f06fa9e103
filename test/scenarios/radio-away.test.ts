import { expect, test } from "vitest";
import { gatewayState } from "../../cloud-sync/contract/control.ts";
import { gatewayTopics } from "../../cloud-sync/contract/topics.ts";
import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import type { Radio } from "../../device-drivers/ports/gatt.ts";
import { scriptedRadio } from "../doubles/scripted-radio.ts";
import { plainRadio } from "../doubles/plain-radio.ts";
import { rawMeter } from "./raw-device.ts";
import { arm, assigned, blood, identityOf, placeCuff, placeMeter } from "./site-devices.ts";
import { openSite, type Site } from "./virtual-site.ts";
import { messageData } from "../../cloud-sync/contract/message-data.ts";

test("a gateway whose adapter is away delivers what it has, and collects as soon as it is there", async () => {
  const site = await openSite();
  const meter = placeMeter(site);
  const first = await site.gateway(assigned(meter));
  meter.device.measure(blood(90));
  await site.clock.advance(60_000);
  await first.stop();
  let isThere = false;
  const absent = (): Error => gattErrors.make("adapter-absent", "no adapter");
  const radio: Radio = {
    advertisements: async function* hear(signal) {
      if (!isThere) throw absent();
      yield* site.air.radio.advertisements(signal);
    },
    connect: (address, signal) => (isThere ? site.air.radio.connect(address, signal) : Promise.reject(absent())),
  };
  const away = { ...plainRadio(radio), kind: "bluez" as const, bonds: () => Promise.reject(absent()) };
  const second = await site.gateway({ path: first.path, radios: [away] });
  await site.clock.advance(600_000);
  expect(second.events.filter(({ type }) => type === "radio")).toMatchObject([{ state: "down" }]);
  expect(second.events.some(({ type }) => type === "uplink")).toBe(true);
  isThere = true;
  meter.device.measure(blood(104));
  await site.clock.advance(60_000);
  expect(await site.delivered()).toHaveLength(2);
});

function retainedRadio({ broker }: Site): unknown {
  const payload = broker.retained(gatewayTopics("gw-0001").state) ?? new Uint8Array();
  return gatewayState.parse(messageData("state", payload)).radio;
}

test("how the radio fares is in the state that the broker retains", async () => {
  const site = await openSite();
  const radio = scriptedRadio(site.clock);
  await site.gateway({ radios: [radio] });
  const states: unknown[] = [];
  await site.clock.advance(10_000);
  states.push(retainedRadio(site));
  radio.pullOut();
  await site.clock.advance(60_000);
  states.push(retainedRadio(site));
  radio.plugIn();
  radio.neighbours(false);
  await site.clock.advance(600_000);
  states.push(retainedRadio(site));
  expect(states).toEqual(["up", "down", "silent"]);
});

test("two devices of one name are each read as themselves", async () => {
  const site = await openSite();
  const named = (address: string): ReturnType<typeof identityOf> => ({ ...identityOf(address, "Cuff"), name: "BP" });
  const left = placeCuff(site, { identity: named("C0:00:00:00:02:01") }, "C0:00:00:00:02:01");
  const right = placeCuff(site, { identity: named("C0:00:00:00:02:02") }, "C0:00:00:00:02:02");
  await site.gateway(assigned(left, right));
  left.device.measure(arm(121));
  right.device.measure(arm(139));
  await site.clock.advance(60_000);
  const readings = await site.delivered();
  const values = readings.map((reading) => [
    reading.device.id,
    reading.kind === "blood-pressure" ? reading.systolic.value : null,
  ]);
  expect(values).toHaveLength(2);
  expect(Object.fromEntries(values)).toEqual({ [left.id]: "121", [right.id]: "139" });
});

test("a device that comes with another's address while a meter is read is set aside, and the other is read later", async () => {
  const site = await openSite({ faults: { valueLatencyMs: { minMs: 250, maxMs: 250 } } });
  const meter = placeMeter(site, { memoryRecordsMax: 500 });
  const other = placeMeter(site, {}, "C0:00:00:00:00:05");
  const gateway = await site.gateway(assigned(meter, other));
  other.device.measure(blood(91));
  await site.clock.advance(30_000);
  for (let count = 200; count > 0; count -= 1) meter.device.measure(blood(70 + (count % 80)), count * 3_600_000);
  meter.device.wake();
  await site.clock.advance(5_000);
  site.air.remove(other.device.address);
  const impostor = { ...identityOf(other.device.address, "Meter"), serial: "OTHER", systemId: null };
  site.air.add(rawMeter(impostor, [Uint8Array.from(Buffer.from("020800EA070B1708000068B011", "hex"))]));
  await site.clock.advance(120_000);
  site.air.remove(other.device.address);
  site.air.add(other.device);
  other.device.measure(blood(92));
  await site.clock.advance(400_000);
  expect((await gateway.store.counts()).quarantined).toBe(1);
  const ofOther = (await site.delivered()).filter(({ device }) => device.id === other.id);
  expect(ofOther).toHaveLength(2);
  expect(await site.delivered()).toHaveLength(202);
});
