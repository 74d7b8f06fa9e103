import { expect, onTestFinished, test } from "vitest";
import type { GattLink } from "../../../../device-drivers/ports/gatt.ts";
import { Probe, probeCharacteristics as gatt } from "../../../contracts/gatt-link-probe.ts";
import { codeOf, soon } from "../../../contracts/gatt-stage.ts";
import { type BluezRig, startBluezRig } from "./bluez-rig.ts";

const address = "C0:FF:EE:00:00:03";

async function slowDevice(): Promise<BluezRig> {
  const rig = await startBluezRig();
  onTestFinished(() => rig.stop());
  rig.air.add(new Probe(address), { operationLatencyMs: { minMs: 20, maxMs: 20 } });
  return rig;
}

const steps: Readonly<Record<string, (link: GattLink) => Promise<unknown>>> = {
  read: (link) => link.read(gatt.model, soon()),
  write: (link) => link.write(gatt.control, Uint8Array.of(1), soon()),
  subscription: (link) => link.subscribe(gatt.pressure, soon()),
  wait: async (link) => await (await link.subscribe(gatt.glucose, soon())).next(soon()),
};

test.each(Object.entries(steps))(
  "a device that disconnects within a %s loses its link, and is found again",
  async (_, step) => {
    const { air, radio } = await slowDevice();
    const link = await radio.connect(address, soon());
    const outcome = codeOf(step(link));
    // Later than the subscription under the wait, which takes one latency.
    await new Promise((resolve) => setTimeout(resolve, step === steps["wait"] ? 60 : 5));
    air.command({ type: "disconnect", address });
    expect(await outcome).toBe("link-lost");
    expect(await codeOf(radio.connect(address, soon()))).toBe("resolved");
  },
);

test("a device that disconnects once before its services are known is connected to again", async () => {
  const { air, radio } = await startBluezRig({}, { habits: { resolveMs: 3_000 } }).then((rig) => {
    onTestFinished(() => rig.stop());
    return rig;
  });
  const probe = new Probe(address);
  air.add(probe);
  const accepted: number[] = [];
  const accept = probe.accept.bind(probe);
  probe.accept = (link) => {
    accepted.push(accepted.length);
    if (accepted.length === 1) setTimeout(() => air.command({ type: "disconnect", address }), 5);
    return accept(link);
  };
  expect(await codeOf(radio.connect(address, soon()))).toBe("resolved");
  expect(accepted).toHaveLength(2);
});

test.each([0, 512])("a value of %i octets is read whole", async (length) => {
  const rig = await startBluezRig();
  onTestFinished(() => rig.stop());
  const probe = new Probe();
  const value = Uint8Array.from({ length }, (_, position) => position % 256);
  const accept = probe.accept.bind(probe);
  probe.accept = (link) => ({ ...accept(link), read: () => ({ ok: true, value }) });
  rig.air.add(probe);
  const link = await rig.radio.connect(probe.address, soon());
  expect(await link.read(gatt.model, soon())).toEqual(value);
});
