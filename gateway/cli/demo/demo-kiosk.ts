import { randomInt } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { pinFault, pinLine } from "../../kiosk/http/pin-file.ts";
import { setKioskDevice } from "../../kiosk/kiosk-devices.ts";
import type { KnownDevice, Store } from "../../store/store.ts";
import { projectFolder } from "../child-process.ts";
import { cliErrors } from "../cli-error.ts";
import type { SitePlan } from "./demo-cast.ts";
import { simulatedCustomer } from "./demo-customer.ts";
import { askRoster, deviceIdOf, type DemoRoster } from "./demo-roster.ts";
import type { DemoSite } from "./demo-site.ts";

export const kioskScenario = "kiosk";

export interface KioskWishes extends Pick<SitePlan, "seed" | "view"> {
  /** Where the staff file goes. */
  readonly folder: string;
}

/**
 * The kiosk of the demo: a gateway in a store, with its pages.
 * Rejects with `kiosk-page-unbuilt` where the pages have not been built.
 */
export async function planKiosk({ seed, view, folder }: KioskWishes): Promise<SitePlan> {
  requirePages();
  const port = await usablePort();
  const staffPin = newPin();
  const staffFile = join(folder, "store-staff");
  writeFileSync(staffFile, `${await pinLine(staffName, staffPin)}\n`, { mode: 0o600 });
  const roster = askRoster(kioskScenario, seed);
  const { devices } = await roster;
  let stage: Pick<DemoSite, "cue"> | null = null;
  const customer = simulatedCustomer({ random: Math.random, cue: (cue) => stage?.cue(cue), after });
  return {
    name: "store",
    scenario: kioskScenario,
    seed,
    roster,
    view,
    config: {
      // Whoever clicks through should not wait: a device that is awake is asked again after a moment.
      collect: { devices: "known", revisitS: 1, revisitMaxS: 2 },
      kiosk: { port, staffFile, demo: true },
    },
    prepare: prepareKioskStore,
    onGatewayLine: (line, site) => {
      stage = site;
      if (line.type === "visit") {
        const known = devices.find(({ advertisedName }) => advertisedName !== null && advertisedName === line.device);
        customer({ ...line, device: known?.name ?? null });
      }
      if (line.type === "pages") view.kioskOpened({ url: line.url, staffName, staffPin });
    },
  };
}

/** What a kiosk knows before anybody comes: its own devices, and the regular customer's. */
export async function prepareKioskStore(store: Store, { devices }: DemoRoster, nowMs = Date.now()): Promise<void> {
  for (const device of devices) {
    if (device.unpaired) continue;
    await store.saveDevice(knownDevice(device, nowMs - lastVisitMs));
    const isAnybodys = device.person === null && device.userSlots.length === 0;
    if (isAnybodys) await setKioskDevice(store, deviceIdOf(device), true);
  }
}

/** When the devices were heard before the demo. */
const lastVisitMs = 86_400_000;

function knownDevice(device: DemoRoster["devices"][number], seenAt: number): KnownDevice {
  const { address, serial, systemId, manufacturer, model, advertisedName: name } = device;
  return {
    id: deviceIdOf(device),
    driver: device.kind === "glucose-meter" ? "glucose" : "blood-pressure",
    address,
    name,
    manufacturer,
    model,
    serial,
    systemId,
    firmware: null,
    batteryPercent: null,
    clockOffsetMs: null,
    firstSeenAt: seenAt,
    lastSeenAt: seenAt,
  };
}

const staffName = "staff";

/** Another one for each demo, and none that is refused for being everybody's. */
function newPin(): string {
  for (;;) {
    const pin = String(randomInt(0, 1_000_000)).padStart(6, "0");
    if (pinFault(pin) === null) return pin;
  }
}

function requirePages(): void {
  if (existsSync(join(projectFolder, "gateway/kiosk/web/dist/kiosk.html"))) return;
  throw cliErrors.make("kiosk-page-unbuilt", "the kiosk's pages have not been built");
}

const usualPort = 8080;

/** The usual one, or any that is free where somebody has it. */
async function usablePort(): Promise<number> {
  for (const wanted of [usualPort, 0]) {
    const port = await listeningOn(wanted);
    if (port !== null) return port;
  }
  return usualPort;
}

async function listeningOn(port: number): Promise<number | null> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<number | null>();
  server.once("error", () => resolve(null));
  server.listen(port, "127.0.0.1", () => {
    const place = server.address();
    server.close(() => resolve(place !== null && typeof place === "object" ? place.port : null));
  });
  return await promise;
}

function after(delayMs: number, act: () => void): () => void {
  const timer = setTimeout(act, delayMs);
  return () => clearTimeout(timer);
}
