import { expect } from "vitest";
import { fail, ok } from "../../../device-drivers/kit/result.ts";
import type { GattProperty } from "../../../device-drivers/ports/gatt.ts";
import { GattTable } from "../../../simulators/peripherals/gatt-table.ts";
import {
  attErrors,
  type PeripheralLink,
  type VirtualPeripheral,
} from "../../../simulators/peripherals/virtual-peripheral.ts";
import { rawCuff, rawMeter } from "../raw-device.ts";
import { blood, identityOf } from "../site-devices.ts";
import { fickle } from "./fickle-device.ts";
import { until } from "./radio-site.ts";
import type { Scenarios } from "./scenario.ts";

const hourMs = 3_600_000;
const open = { requiresBond: false };
const strange = "C0:00:00:00:00:0F";

/** Peers that do what no device should. An honest meter stands beside each, and loses nothing by it. */
export const strangePeerScenarios: Scenarios = (play) => {
  play("a value of no octets and one of 600 are set aside, and the meter beside is read", async (site) => {
    const frames = [new Uint8Array(0), new Uint8Array(600).fill(0xff)];
    site.air.add(rawCuff(identityOf(strange, "Odd"), frames));
    const meter = site.meter(open);
    meter.measure(blood(101), hourMs);
    const gateway = await site.gateway({ assigned: [meter] });
    await site.balances(1);
    await until(async () => (await gateway.store.quarantined({ afterId: 0, limit: 10 })).length > 0);
    await site.balances(1);
  });

  play("a peer that declares what it refuses, and notifies what it does not have, hurts nobody", async (site) => {
    site.air.add(liar());
    const meter = site.meter(open);
    meter.measure(blood(101), hourMs);
    const gateway = await site.gateway({ assigned: [meter] });
    await site.balances(1);
    await until(() => gateway.failures.length > 0);
    meter.measure(blood(102));
    await site.balances(2);
  });

  play("a device that hangs up after each possible request is read in the end", async (site) => {
    const meter = site.meter(open);
    for (let hours = 3; hours > 0; hours -= 1) meter.measure(blood(100 + hours), hours * hourMs);
    let visits = 0;
    site.air.remove(meter.address);
    site.air.add(
      fickle(meter, () => {
        visits += 1;
        return visits <= 14 ? visits : null;
      }),
    );
    await site.gateway({ assigned: [meter], collect: { retryMs: 50, retryMsMax: 100 } });
    await until(() => visits > 3);
    await site.balances(3);
  });

  play("a peer that never answers is given up, and the meter beside is read", async (site) => {
    const slowest = { minMs: 120_000, maxMs: 120_000 };
    site.air.add(rawMeter(identityOf(strange, "Mute"), []), { operationLatencyMs: slowest });
    const meter = site.meter(open);
    meter.measure(blood(101), hourMs);
    const gateway = await site.gateway({ assigned: [meter], collect: { sessionMsMax: 6_000 } });
    await until(() => gateway.failures.length > 0);
    meter.measure(blood(102));
    await site.balances(2);
  });

  play("two devices of one name are two, whatever they call themselves", async (site) => {
    const one = site.meter(open, "C0:00:00:00:00:01");
    const other = site.meter(open, "C0:00:00:00:00:03");
    one.measure(blood(101), hourMs);
    other.measure(blood(102), hourMs);
    await site.gateway({ assigned: [one, other] });
    await site.balances(2);
  });

  play("a crowd that advertises without end hides nobody", async (site) => {
    for (let place = 0; place < 20; place += 1) site.air.add(chatterer(place));
    const meter = site.meter(open);
    meter.measure(blood(101), hourMs);
    const gateway = await site.gateway({ assigned: [meter] });
    await site.balances(1);
    expect(gateway.failures).toEqual([]);
  });
};

/** A cuff whose every read and subscription is refused, although it declares them. */
function liar(): VirtualPeripheral {
  const table = new GattTable();
  const declare = (service: string, uuid: string, ...properties: readonly GattProperty[]): void => {
    table.add({ service, uuid, properties });
  };
  declare("180A", "2A24", "read");
  declare("180A", "2A25", "read");
  declare("1810", "2A35", "indicate");
  declare("1810", "2A49", "read");
  const refuse = (): ReturnType<typeof fail<typeof attErrors.unlikelyError>> => fail(attErrors.unlikelyError);
  return {
    address: strange,
    addressKind: "random-static",
    name: "Liar",
    services: ["1810"],
    characteristics: table.characteristics,
    requiresBond: false,
    isAdvertising: () => true,
    accept: (link: PeripheralLink) => {
      const [, , measurement] = table.characteristics;
      if (measurement !== undefined) void link.notify(measurement.handle, Uint8Array.of(1, 2, 3));
      return { read: refuse, write: refuse, configure: refuse };
    },
  };
}

/** Somebody's toothbrush: it advertises, and has nothing for us. */
function chatterer(place: number): VirtualPeripheral {
  const address = `C0:00:00:00:01:${place.toString(16).toUpperCase().padStart(2, "0")}`;
  return {
    address,
    addressKind: "random-static",
    name: `Brush ${place}`,
    services: ["180F"],
    characteristics: [],
    requiresBond: false,
    isAdvertising: () => true,
    accept: () => ({
      read: () => fail(attErrors.readNotPermitted),
      write: () => ok(undefined),
      configure: () => ok(undefined),
    }),
  };
}
