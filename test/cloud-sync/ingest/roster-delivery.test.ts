import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import type { Roster } from "../../../cloud-sync/contract/roster.ts";
import type { GatewayEvent } from "../../../cloud-sync/contract/control.ts";
import { openSqliteSink } from "../../../cloud-sync/ingest/sinks/sqlite-sink.ts";
import { type IngestHandle, type IngestOptions, startIngest } from "../../../cloud-sync/ingest/start-ingest.ts";
import type { Sink } from "../../../cloud-sync/ingest/sink.ts";
import { enrolled } from "../../contracts/care-events.ts";
import { keptLog } from "../../doubles/kept-log.ts";
import { mosquittoPath, startMosquitto } from "../../doubles/mosquitto.ts";
import { startNats } from "../../doubles/nats-cluster.ts";
import { realClock } from "../../doubles/real-clock.ts";
import { type RosterPeer, startRosterPeer } from "../../doubles/roster-peers.ts";

const enrolment: GatewayEvent = JSON.parse(enrolled({ id: "e1", person: "sim-0001" }).body);

/** The file of a sink that knows where one person is at home. */
async function sinkWithHome(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "roster-delivery-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "sink.db");
  const sink = await openSink(path);
  await sink.rosters.setHomes([{ person: "sim-0001", gateway: "hub-1" }]);
  await sink.close();
  return path;
}

const handedOver = { assignments: [{ id: "e1", person: "sim-0001" }] };

const openSink = (path: string): Promise<Sink> =>
  openSqliteSink({ path, key: null, clock: realClock, thread: "inline" });

async function ingestWith(
  options: Pick<IngestOptions, "role" | "sinkPath" | "brokerUrl" | "mqttUrl">,
): Promise<IngestHandle> {
  const listen = { host: "127.0.0.1", port: 0 };
  const ingest = await startIngest({ ...options, listen, clock: realClock, log: keptLog() });
  onTestFinished(() => ingest.stop());
  return ingest;
}

const peer = (...place: Parameters<typeof startRosterPeer>): RosterPeer => {
  const started = startRosterPeer(...place);
  onTestFinished(() => started.stop());
  return started;
};

async function until(isSo: () => boolean): Promise<void> {
  for (let look = 0; look < 600 && !isSo(); look += 1) await setTimeout(50);
  expect(isSo()).toBe(true);
}

/** Sends an enrolment from a kiosk; resolves with the hub's roster, when it follows one and the ingestor knows that. */
async function handOver(
  ingest: IngestHandle,
  { kiosk, hub }: Record<"kiosk" | "hub", RosterPeer>,
): Promise<Roster | null> {
  kiosk.events.add(enrolment);
  await until(() => hub.roster()?.assignments.length === 1);
  await until(() => kiosk.events.waiting() === 0);
  await until(() => ingest.states().get("hub-1")?.rosterVersion === hub.roster()?.version);
  return hub.roster();
}

test("an enrolment becomes the hub's roster by the embedded broker", async () => {
  const sinkPath = await sinkWithHome();
  const ingest = await ingestWith({ role: "all", sinkPath });
  const url = ingest.address?.url ?? "";
  expect(await handOver(ingest, { kiosk: peer("kiosk-1", url), hub: peer("hub-1", url) })).toMatchObject(handedOver);
});

test("an enrolment that the broker had acknowledged when it was killed is not lost", async () => {
  const mosquitto = await startMosquitto(mosquittoPath ?? "mosquitto");
  onTestFinished(() => mosquitto.stop());
  const kiosk = peer("kiosk-1", mosquitto.url);
  const hub = peer("hub-1", mosquitto.url);
  kiosk.events.add(enrolment);
  // Nobody is there to take it: after a while the broker has acknowledged it more than once, and forgets it for good.
  await setTimeout(2_000);
  expect(kiosk.events.waiting()).toBe(1);
  await mosquitto.kill();
  await mosquitto.start();
  const sinkPath = await sinkWithHome();
  const ingest = await ingestWith({ role: "ingestor", sinkPath, brokerUrl: mosquitto.url });
  expect(await handOver(ingest, { kiosk, hub })).toMatchObject(handedOver);
}, 90_000);

test("an enrolment becomes the hub's roster by way of NATS", async () => {
  const cluster = await startNats({ size: 1 });
  onTestFinished(() => cluster.stop());
  const sinkPath = await sinkWithHome();
  const ingest = await ingestWith({ role: "ingestor", sinkPath, brokerUrl: cluster.url, mqttUrl: cluster.mqttUrl });
  const tuning = { protocol: "3.1.1", subscribeQos: 0 } as const;
  const [kiosk, hub] = [peer("kiosk-1", cluster.mqttUrl, tuning), peer("hub-1", cluster.mqttUrl, tuning)];
  expect(await handOver(ingest, { kiosk, hub })).toMatchObject(handedOver);
}, 90_000);
