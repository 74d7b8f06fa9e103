import { randomBytes } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { yamlText } from "../../../gateway/config/yaml-file.ts";
import { openStore } from "../../../gateway/store/sqlite-store.ts";
import { systemClock } from "../../../gateway/system-clock.ts";
import { createVirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { loadScenario } from "../../../simulators/scenario/load-scenario.ts";
import { createWorld } from "../../../simulators/scenario/world.ts";
import { freePort } from "../../doubles/free-port.ts";
import { type FlappingProxy, startFlappingProxy } from "./flapping-proxy.ts";
import type { VictimName } from "./schedule.ts";
import { Victim } from "./victim.ts";

export interface StageOptions {
  readonly seed: number;
  readonly acknowledge: "receipt" | "puback";
}

/** The whole path as processes: devices that nobody kills, and gateway, broker and ingestor that somebody does. */
export interface Stage extends Place {
  readonly proxy: FlappingProxy;
  readonly devices: Victim;
  readonly victims: Readonly<Record<VictimName, Victim>>;
  /** Ids of the readings that the gateway has said are on disk. */
  readonly acknowledged: ReadonlySet<string>;
  /** Resolves when nobody measures any more. */
  readonly resting: Promise<void>;
}

/** Where everything is. */
interface Place {
  readonly folder: string;
  readonly brokerUrl: string;
  readonly configPath: string;
  readonly airPath: string;
  readonly journalPath: string;
  readonly storePath: string;
  readonly sinkPath: string;
  readonly keyPath: string;
  /** Of both databases. */
  readonly key: Uint8Array;
}

const projectFolder = join(import.meta.dirname, "../../..");
const carepost = join(projectFolder, "gateway/cli/carepost.mjs");
const simulate = join(projectFolder, "simulators/main.ts");
const scenarioPath = join(import.meta.dirname, "devices.yaml");

/** Makes all that the processes need; nothing runs yet but the proxy. */
export async function setStage(options: StageOptions): Promise<Stage> {
  const brokerPort = await freePort();
  const place = placeAt(mkdtempSync(join(tmpdir(), "carepost-kill-")), brokerPort);
  const proxy = await startFlappingProxy({ port: brokerPort });
  writeFileSync(place.keyPath, Buffer.from(place.key).toString("hex"), { mode: 0o600 });
  writeFileSync(place.configPath, yamlText(configuration(place, proxy.port, options.acknowledge)));
  await prepareStore(place, options.seed);
  const acknowledged = new Set<string>();
  const { promise: resting, resolve: rest } = Promise.withResolvers<void>();
  const devices = devicesAt(place, options.seed, rest);
  return { ...place, proxy, acknowledged, resting, devices, victims: victimsAt(place, brokerPort, acknowledged) };
}

const placeAt = (folder: string, brokerPort: number): Place => ({
  folder,
  brokerUrl: `mqtt://127.0.0.1:${brokerPort}`,
  configPath: join(folder, "carepost.yaml"),
  airPath: join(folder, "air.sock"),
  journalPath: join(folder, "journal.jsonl"),
  storePath: join(folder, "gateway.db"),
  sinkPath: join(folder, "sink.db"),
  keyPath: join(folder, "key"),
  key: randomBytes(32),
});

const configuration = (place: Place, proxyPort: number, acknowledge: StageOptions["acknowledge"]): object => ({
  gateway: { id: "gw-kill", timeZone: "UTC" },
  radio: { socket: place.airPath },
  store: { path: place.storePath, keyFile: place.keyPath },
  collect: { devices: "assigned", revisitS: 1, revisitMaxS: 1 },
  uplink: { url: `mqtt://127.0.0.1:${proxyPort}`, acknowledge, reconnectMaxS: 1, keepAliveS: 5 },
  clock: { assumeSynchronised: true },
  ingest: { path: place.sinkPath, keyFile: place.keyPath },
});

function devicesAt({ folder, airPath, journalPath }: Place, seed: number, rest: () => void): Victim {
  const scenario = ["--scenario", scenarioPath, "--seed", String(seed)];
  return new Victim({
    name: "devices",
    command: [simulate, "--json", ...scenario, "--socket", airPath, "--journal", journalPath],
    folder,
    hear: (line) => {
      const said = eventOf(line);
      if (said === "resting") rest();
      return said === "ready";
    },
  });
}

function victimsAt(place: Place, brokerPort: number, acknowledged: Set<string>): Stage["victims"] {
  const { folder, configPath, brokerUrl } = place;
  const ingest = [carepost, "ingest", "--json", "--config", configPath, "--role"];
  const isListening = (line: string): boolean => eventOf(line) === "listening";
  return {
    gateway: new Victim({
      name: "gateway",
      command: [carepost, "gateway", "--json", "--config", configPath],
      folder,
      hear: (line) => hearGateway(line, acknowledged),
    }),
    broker: new Victim({
      name: "broker",
      command: [...ingest, "broker", "--port", String(brokerPort)],
      folder,
      hear: isListening,
    }),
    ingestor: new Victim({
      name: "ingestor",
      command: [...ingest, "ingestor", "--broker", brokerUrl],
      folder,
      hear: isListening,
    }),
  };
}

const saying = z.looseObject({ event: z.string() });
const gatewaySaying = z.looseObject({ type: z.string(), reading: z.looseObject({ id: z.string() }).optional() });

const eventOf = (line: string): string => saying.parse(JSON.parse(line)).event;

function hearGateway(line: string, acknowledged: Set<string>): boolean {
  const { type, reading } = gatewaySaying.parse(JSON.parse(line));
  if (type === "reading-stored" && reading !== undefined) acknowledged.add(reading.id);
  return type === "started";
}

/** Tells the store whose each device, and each user slot of it, is, before there is a gateway. */
async function prepareStore({ storePath, key }: Place, seed: number): Promise<void> {
  const { roster } = createWorld(loadScenario(scenarioPath), { clock: createVirtualClock(0), seed });
  const store = await openStore({ path: storePath, key, clock: systemClock, thread: "inline" });
  for (const reference of roster.people) await store.savePerson({ reference, createdAt: 0 });
  for (const { name, systemId, person, userSlots } of roster.devices) {
    const whole = person === null ? [] : [{ slot: null, person }];
    for (const owner of [...whole, ...userSlots]) {
      await store.saveAssignment({
        id: `${name}-${owner.slot ?? "whole"}`,
        deviceId: `system-id:${systemId}`,
        userSlot: owner.slot,
        person: owner.person,
        consent: "kill",
        fromAt: 0,
        untilAt: null,
        source: "local",
      });
    }
  }
  await store.close();
}
