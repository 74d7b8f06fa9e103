import { expect } from "vitest";
import type { GattLink, Radio } from "../../device-drivers/ports/gatt.ts";
import type { VirtualAir } from "../../simulators/air/virtual-air.ts";
import { attErrors } from "../../simulators/peripherals/virtual-peripheral.ts";
import { Probe, probeCharacteristics as gatt } from "./gatt-link-probe.ts";
import { codeOf, type GattAdapter, type LinkContract, linkContract, soon } from "./gatt-stage.ts";

/** What `ports/gatt.ts` promises of a link, run against an adapter whose other end is a virtual air. */
export function gattLinkContract(adapter: GattAdapter): void {
  const contract = linkContract(adapter);
  operations(contract);
  refusals(contract);
  endings(contract);
}

function operations({ promise }: LinkContract): void {
  promise("discovers the characteristics of all services, and tells those with one UUID apart", async ({ link }) => {
    // Some stacks show the services that belong to GATT itself, and some do not.
    const found = (await link.discover(soon())).filter(({ service }) => service !== "1800" && service !== "1801");
    expect(found).toEqual(Object.values(gatt));
    expect(found.filter(({ uuid }) => uuid === "2A52").map(({ handle }) => handle)).toEqual([
      gatt.control.handle,
      gatt.otherControl.handle,
    ]);
  });

  promise("says whom it is connected to and that there is a bond", async ({ link, probe }) => {
    expect(link.address).toBe(probe.address);
    expect(link.addressKind).toBe("random-static");
    expect(link.bonded).toBe(true);
  });

  promise("reads a whole value, longer than one packet", async ({ link }) => {
    const value = await link.read(gatt.model, soon());
    expect(value).toEqual(Uint8Array.from({ length: 300 }, (_, position) => (position + gatt.model.handle) % 256));
  });

  promise("writes the value as it was at the call, to the handle that was named", async ({ link, probe }) => {
    const value = Uint8Array.of(1, 1);
    const writing = link.write(gatt.otherControl, value, soon());
    value.fill(9);
    await writing;
    expect(probe.heard).toEqual(["write 56 0101"]);
  });

  promise("queues operations in call order", async ({ link, probe }) => {
    await Promise.all([
      link.write(gatt.control, Uint8Array.of(1), soon()),
      link.read(gatt.model, soon()),
      link.subscribe(gatt.pressure, soon()),
      link.write(gatt.control, Uint8Array.of(2), soon()),
    ]);
    expect(probe.heard).toEqual(["write 40 01", "read 36", "on 32", "write 40 02"]);
  });
}

function refusals({ promise }: LinkContract): void {
  promise("says what the device refused, by its ATT error, and goes on", async ({ link }) => {
    await expect(link.read(gatt.lie, soon())).rejects.toMatchObject({
      code: "att-error",
      context: { attError: attErrors.readNotPermitted },
    });
    await expect(link.read(gatt.model, soon())).resolves.toHaveLength(300);
  });

  promise("a device that has forgotten the bond refuses with Insufficient Authentication", async (stage) => {
    stage.air.command({ type: "forget-bond", address: stage.probe.address });
    await stage.link.close();
    const link = await stage.radio.connect(stage.probe.address, soon());
    expect(link.bonded).toBe(false);
    await expect(link.subscribe(gatt.glucose, soon())).rejects.toMatchObject({
      code: "att-error",
      context: { attError: attErrors.insufficientAuthentication },
    });
  });

  promise("reading, writing or subscribing where that is not declared is misuse", async ({ link, probe }) => {
    expect(await codeOf(link.read(gatt.pressure, soon()))).toBe("misuse");
    expect(await codeOf(link.write(gatt.model, Uint8Array.of(1), soon()))).toBe("misuse");
    expect(await codeOf(link.subscribe(gatt.model, soon()))).toBe("misuse");
    expect(probe.heard).toEqual([]);
  });

  promise("an aborted call rejects with the signal's reason, and the link goes on", async ({ link, probe }) => {
    const reason = new Error("given up");
    const before = AbortSignal.abort(reason);
    await expect(link.read(gatt.model, before)).rejects.toBe(reason);
    await expect(link.write(gatt.control, Uint8Array.of(1), before)).rejects.toBe(reason);
    await expect(link.subscribe(gatt.pressure, before)).rejects.toBe(reason);
    await expect(link.discover(before)).rejects.toBe(reason);
    const controller = new AbortController();
    const reading = link.read(gatt.model, controller.signal);
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
    await link.write(gatt.control, Uint8Array.of(2), soon());
    expect(probe.heard.at(-1)).toBe("write 40 02");
    expect(probe.heard).not.toContain("on 32");
  });
}

function endings({ promise }: LinkContract): void {
  promise("after close, which may be called again, every call rejects with link-closed", async ({ link, probe }) => {
    await link.close();
    await link.close();
    expect(await codeOf(link.read(gatt.model, soon()))).toBe("link-closed");
    expect(await codeOf(link.write(gatt.control, Uint8Array.of(1), soon()))).toBe("link-closed");
    expect(await codeOf(link.subscribe(gatt.pressure, soon()))).toBe("link-closed");
    expect(await codeOf(link.discover(soon()))).toBe("link-closed");
    await probe.ended();
    expect(probe.heard).toEqual([]);
  });

  promise("close lets the device go, so that it can be connected to again", async ({ link, probe, radio }) => {
    await link.close();
    const again = await radio.connect(probe.address, soon());
    await expect(again.read(gatt.model, soon())).resolves.toHaveLength(300);
  });

  promise("pending calls reject with link-closed when we close", async ({ air, radio }) => {
    const link = await slowLink(air, radio);
    const pending = [codeOf(link.read(gatt.model, soon())), codeOf(link.discover(soon()))];
    await link.close();
    expect(await Promise.all(pending)).toEqual(["link-closed", "link-closed"]);
  });

  promise("pending and later calls reject with link-lost when the link is lost, also after close", async (stage) => {
    const link = await slowLink(stage.air, stage.radio);
    const pending = [codeOf(link.read(gatt.model, soon())), codeOf(link.subscribe(gatt.pressure, soon()))];
    stage.air.command({ type: "disconnect", address: slowAddress });
    expect(await Promise.all(pending)).toEqual(["link-lost", "link-lost"]);
    await link.close();
    expect(await codeOf(link.read(gatt.model, soon()))).toBe("link-lost");
  });

  promise("a device that ends the link is a lost link", async ({ link, probe }) => {
    probe.disconnect();
    expect(await codeOf(link.read(gatt.model, soon()))).toBe("link-lost");
  });
}

const slowAddress = "C0:FF:EE:00:00:02";

async function slowLink(air: VirtualAir, radio: Radio): Promise<GattLink> {
  air.add(new Probe(slowAddress), { operationLatencyMs: { minMs: 60_000, maxMs: 60_000 } });
  return await radio.connect(slowAddress, soon());
}
