import { expect, onTestFinished, test } from "vitest";
import { radioCheckup } from "../../../gateway/ops/radio-checkup.ts";
import { examine } from "../../../gateway/ops/doctor.ts";
import { loadRadioConfig } from "../../../gateway/config/load-config.ts";
import { createVirtualAir } from "../../../simulators/air/virtual-air.ts";
import { serveBluez, type SimulatedBluez } from "../../../simulators/bluez/serve-bluez.ts";
import { realClock } from "../../../simulators/clock/real-clock.ts";
import { Probe } from "../../contracts/gatt-link-probe.ts";
import { machineOf } from "../../doubles/machine-files.ts";
import { startPrivateBus } from "../../doubles/private-bus.ts";

/** The checks against a bluetoothd that answers over a real bus, and against its faults. */

async function simulated(): Promise<{
  readonly bluez: SimulatedBluez;
  readonly diagnose: () => Promise<Readonly<Record<string, string>>>;
}> {
  const bus = await startPrivateBus();
  const air = createVirtualAir({ clock: realClock, seed: 1, advertisingIntervalMs: 20 });
  air.add(new Probe());
  const bluez = await serveBluez(air, bus);
  onTestFinished(async () => {
    await bluez.stop();
    await bus.stop();
  });
  const environment = { CAREPOST_RADIO_KIND: "bluez", CAREPOST_RADIO_BUS: bus.address };
  const { radio } = loadRadioConfig({ path: null, environment, folder: "/nonexistent", flags: [] }).config;
  const place = { machine: machineOf({}), listenMs: 300 };
  const diagnose = async (): Promise<Readonly<Record<string, string>>> => {
    const visit = await radioCheckup(radio, { bonds: () => Promise.resolve([]) }, place);
    const found = await Array.fromAsync(examine(visit.checks, new AbortController().signal));
    await visit.close();
    return Object.fromEntries(found.map(({ check, status, finding }) => [check, `${status}: ${finding}`]));
  };
  return { bluez, diagnose };
}

test("a bluetoothd that is well answers, shows its adapter, and hears", async () => {
  const { diagnose } = await simulated();
  expect(await diagnose()).toMatchObject({
    bluetoothd: expect.stringMatching(/^ok: it answers/),
    adapter: "ok: hci0 is on",
    "other programs": "ok: nothing else uses the radio",
    bonds: "ok: no device is paired here yet",
    radio: "ok: hci0 hears a device",
  });
});

test("an adapter that is off, one that is gone, and a daemon that died are each told by their names", async () => {
  const { bluez, diagnose } = await simulated();
  await bluez.adapter.setPowered(false);
  expect(await diagnose()).toMatchObject({
    adapter: "fail: hci0 is switched off",
    radio: expect.stringMatching(/^skipped/),
  });
  bluez.adapter.remove();
  expect(await diagnose()).toMatchObject({ adapter: "fail: there is no Bluetooth adapter" });
  bluez.daemon.kill();
  expect(await diagnose()).toMatchObject({
    bluetoothd: "fail: BlueZ is not installed",
    adapter: "skipped: needs bluetoothd",
  });
});

test("an adapter that hears nothing any more is a doubt", async () => {
  const { bluez, diagnose } = await simulated();
  bluez.adapter.silence("until-return");
  expect((await diagnose())["radio"]).toBe("warn: hci0 hears nothing at all");
});
