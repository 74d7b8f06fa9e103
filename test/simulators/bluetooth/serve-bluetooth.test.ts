import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createVirtualAir } from "../../../simulators/air/virtual-air.ts";
import { serveBluetooth } from "../../../simulators/bluetooth/serve-bluetooth.ts";
import { connectH4 } from "../../../simulators/bluetooth/transport/h4-server.ts";
import { realClock } from "../../../simulators/clock/real-clock.ts";
import { justWorks } from "../../../simulators/peripherals/pairing-traits.ts";
import { seededRandom } from "../../../simulators/random.ts";
import { Probe, probeCharacteristics as gatt } from "../../contracts/gatt-link-probe.ts";
import { LeCentral } from "../../doubles/bluetooth/le-central.ts";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "carepost-hci-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

function over(): AbortController {
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  return controller;
}

test("another process finds the devices through a controller of its own, and pairs by the digits that are shown", async () => {
  const socket = join(folder(), "hci.sock");
  const air = createVirtualAir({ clock: realClock, seed: 1 });
  const probe = Object.assign(new Probe(), { pairing: { ...justWorks, io: "display-only", mitm: true } as const });
  air.add(probe);
  const shown: string[] = [];
  const show = (address: string, digits: string): void => void shown.push(`${address} ${digits}`);
  await serveBluetooth(air, { socket, vhci: false, seed: 1, show }, over().signal);
  const central = await LeCentral.open(await connectH4(socket), { clock: realClock, random: seededRandom(1) });
  await central.find(probe.address);
  const link = await central.connect(probe.address);
  const passkey = (): number => Number(shown[0]?.split(" ")[1]);
  await link.pair({ io: "keyboard-display", mitm: true, secureConnections: true, passkey });
  expect(await link.att.read(gatt.model.handle)).toHaveLength(300);
  expect(shown).toEqual([expect.stringMatching(/^C0:FF:EE:00:00:01 \d{6}$/u)]);
});

test("a place that cannot be served is told", async () => {
  const socket = join(folder(), "missing", "hci.sock");
  const air = createVirtualAir({ clock: realClock, seed: 1 });
  const stop = over();
  const serving = serveBluetooth(air, { socket, vhci: false, seed: 1, show: () => undefined }, stop.signal);
  await expect(serving).rejects.toMatchObject({ code: "hci-socket-unavailable" });
});

test.skipIf(existsSync("/dev/vhci"))("where one place cannot be served, the other is let go", async () => {
  const socket = join(folder(), "hci.sock");
  const air = createVirtualAir({ clock: realClock, seed: 1 });
  const serving = serveBluetooth(air, { socket, vhci: true, seed: 1, show: () => undefined }, over().signal);
  await expect(serving).rejects.toMatchObject({ code: "vhci-unavailable" });
  await expect(connectH4(socket)).rejects.toMatchObject({ code: "hci-socket-unavailable" });
});
