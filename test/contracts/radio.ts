import { expect } from "vitest";
import type { Advertisement, Radio } from "../../device-drivers/ports/gatt.ts";
import { Probe, probeCharacteristics as gatt } from "./gatt-link-probe.ts";
import { codeOf, declareTest, type GattAdapter, type GattHarness, soon, startHarness } from "./gatt-stage.ts";

/** What `ports/gatt.ts` promises of a radio: what is heard, and how connections begin or fail to. */
export function radioContract(adapter: GattAdapter): void {
  const promise: Promised = (sentence, body) => {
    declareTest(adapter, sentence, async () => {
      await body(await startHarness(adapter.make));
    });
  };
  advertisements(promise);
  connections(promise);
  failures(promise);
}

type Promised = (sentence: string, body: (stage: GattHarness) => Promise<void>) => void;

async function hear(radio: Radio, until: (advertisement: Advertisement) => boolean): Promise<readonly Advertisement[]> {
  const heard: Advertisement[] = [];
  for await (const advertisement of radio.advertisements(soon())) {
    heard.push(advertisement);
    if (until(advertisement)) return heard;
  }
  throw new Error(`not heard; only ${JSON.stringify(heard)}`);
}

function advertisements(promise: Promised): void {
  promise("hears what a device advertises", async ({ air, radio }) => {
    air.add(new Probe());
    const [advertisement] = await hear(radio, () => true);
    expect(advertisement).toEqual({
      address: "C0:FF:EE:00:00:01",
      addressKind: "random-static",
      name: "Probe",
      services: ["1810", "1808"],
      rssiDbm: expect.any(Number),
    });
  });

  promise("ends the iteration without an error when the signal is aborted", async ({ air, radio }) => {
    air.add(new Probe());
    const controller = new AbortController();
    let heard = 0;
    for await (const advertisement of radio.advertisements(controller.signal)) {
      expect(advertisement.name).toBe("Probe");
      heard += 1;
      if (heard === 2) controller.abort();
    }
    expect(heard).toBe(2);
    for await (const advertisement of radio.advertisements(controller.signal)) expect(advertisement).toBeNull();
  });

  promise("keeps only the newest of each device while nobody takes them", async ({ air, radio }) => {
    const chatty = new Probe("C0:FF:EE:00:00:0A");
    const late = new Probe("C0:FF:EE:00:00:0B");
    late.isAwake = false;
    air.add(chatty);
    air.add(late);
    const hearing = radio.advertisements(soon())[Symbol.asyncIterator]();
    await hearing.next();
    let told = 0;
    const quiet = new AbortController();
    await air.listen(() => {
      told += 1;
      chatty.name = `Probe ${told}`;
      if (told < 20) return;
      chatty.isAwake = false;
      late.isAwake = true;
      quiet.abort();
    }, quiet.signal);
    const addresses: string[] = [];
    while (addresses.at(-1) !== late.address) addresses.push((await hearing.next()).value.address);
    await hearing.return?.();
    // One more may have been on its way when the first was taken.
    expect(addresses.length).toBeLessThanOrEqual(3);
  });
}

function connections(promise: Promised): void {
  promise("two radios' worth of devices are connected to at once", async ({ air, radio }) => {
    const [one, other] = [new Probe("C0:FF:EE:00:00:0A"), new Probe("C0:FF:EE:00:00:0B")];
    air.add(one);
    air.add(other);
    const links = await Promise.all([radio.connect(one.address, soon()), radio.connect(other.address, soon())]);
    await links[0].write(gatt.control, Uint8Array.of(1), soon());
    await links[1].write(gatt.control, Uint8Array.of(2), soon());
    await links[0].close();
    await expect(links[1].read(gatt.model, soon())).resolves.toHaveLength(300);
    expect(one.heard).toEqual(["write 40 01"]);
    expect(other.heard).toEqual(["write 40 02", "read 36"]);
  });

  promise("an aborted connection rejects with the signal's reason and lets the device go", async ({ air, radio }) => {
    const probe = new Probe();
    air.add(probe);
    const reason = new Error("given up");
    await expect(radio.connect(probe.address, AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    const connecting = radio.connect(probe.address, controller.signal);
    controller.abort(reason);
    await expect(connecting).rejects.toBe(reason);
    const link = await eventually(() => radio.connect(probe.address, soon()));
    await expect(link.read(gatt.model, soon())).resolves.toHaveLength(300);
  });
}

/** Connects; the air may need a moment to take back what was aborted. */
async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 0; tries < 200; tries += 1) {
    const result = await attempt().catch((error: unknown) => ({ error }));
    if (typeof result !== "object" || result === null || !("error" in result)) return result;
    if ((await codeOf(Promise.reject(result.error))) !== "connect-refused") throw result.error;
  }
  throw new Error("the device was never let go");
}

function failures(promise: Promised): void {
  promise("a device that is not there, or asleep, is absent", async ({ air, radio }) => {
    expect(await codeOf(radio.connect("C0:FF:EE:00:00:77", soon()))).toBe("device-absent");
    const probe = new Probe();
    // Before it is there: a stack that is still searching would hear it.
    probe.isAwake = false;
    air.add(probe);
    expect(await codeOf(radio.connect(probe.address, soon()))).toBe("device-absent");
    probe.isAwake = true;
    air.command({ type: "vanish", address: probe.address });
    expect(await codeOf(radio.connect(probe.address, soon()))).toBe("device-absent");
    air.command({ type: "return", address: probe.address });
    expect(await codeOf(radio.connect(probe.address, soon()))).toBe("resolved");
  });

  promise("a device that is connected refuses another connection", async ({ air, radio }) => {
    const probe = new Probe();
    air.add(probe);
    await radio.connect(probe.address, soon());
    expect(await codeOf(radio.connect(probe.address, soon()))).toBe("connect-refused");
  });

  promise("a refusal and a time-out are told apart, and the next attempt is free", async ({ air, radio }) => {
    const probe = new Probe();
    air.add(probe, { connectTimeout: 1, connectTimeoutMs: 1 });
    air.command({ type: "refuse-connections", address: probe.address, count: 1 });
    expect(await codeOf(radio.connect(probe.address, soon()))).toBe("connect-refused");
    expect(await codeOf(radio.connect(probe.address, soon()))).toBe("connect-timeout");
  });

  promise("without an adapter nothing connects, and every link is lost", async ({ air, radio }) => {
    const probe = new Probe();
    air.add(probe);
    const link = await radio.connect(probe.address, soon());
    air.setAdapter(false);
    expect(await codeOf(link.read(gatt.model, soon()))).toBe("link-lost");
    expect(await codeOf(radio.connect(probe.address, soon()))).toBe("adapter-absent");
    air.setAdapter(true);
    expect(await codeOf(radio.connect(probe.address, soon()))).toBe("resolved");
  });
}
