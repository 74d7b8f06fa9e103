import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type IngestHandle, type IngestOptions, startIngest } from "../../../cloud-sync/ingest/start-ingest.ts";
import type { TlsMaterial } from "../../../cloud-sync/mqtt/connection.ts";
import { mqttConnector } from "../../../cloud-sync/mqtt/mqttjs-connection.ts";
import { createForwarder, type Forwarder } from "../../../cloud-sync/uplink/forwarder.ts";
import type { ForwarderOptions } from "../../../cloud-sync/uplink/forwarder-options.ts";
import { keptLog } from "../../doubles/kept-log.ts";
import { createMemoryOutbox, type MemoryOutbox } from "../../doubles/memory-outbox.ts";
import { mosquittoPath } from "../../doubles/mosquitto.ts";
import { realClock } from "../../doubles/real-clock.ts";
import { startSecureMosquitto } from "../../doubles/secure-mosquitto.ts";
import { testAuthority } from "../../doubles/test-authority.ts";
import { glucose } from "./sample-readings.ts";

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function ingestWith(options: Partial<IngestOptions>): Promise<IngestHandle> {
  const folder = mkdtempSync(join(tmpdir(), "carepost-ingest-tls-"));
  const handle = await startIngest({
    role: "all",
    listen: { host: "0.0.0.0", port: 0 },
    sinkPath: join(folder, "sink.db"),
    clock: realClock,
    log: keptLog(),
    ...options,
  });
  cleanUps.push(async () => {
    await handle.stop();
    rmSync(folder, { recursive: true });
  });
  return handle;
}

/** A gateway that has ten readings to deliver. */
function startGateway(options: Partial<ForwarderOptions> & { readonly url: string }): {
  readonly forwarder: Forwarder;
  readonly outbox: MemoryOutbox;
} {
  const outbox = createMemoryOutbox();
  for (let number = 1; number <= 10; number += 1) outbox.add("fresh", JSON.stringify(glucose(number)));
  const forwarder = createForwarder(
    {
      outbox,
      connector: mqttConnector(),
      clock: realClock,
      random: Math.random,
      log: keptLog(),
      commands: {
        syncNow: async () => {},
        setConfig: async () => {},
        forgetDevice: async () => {},
        followRoster: async () => {},
      },
      describe: () => ({ held: 0, clock: "trusted", alarm: null }),
    },
    {
      gateway: "gw-1",
      version: "1.0.0",
      bootId: "boot-1",
      reconnectDelayMaxMs: 200,
      receiptTimeoutMs: 300,
      ...options,
    },
  );
  const stop = new AbortController();
  const running = forwarder.run(stop.signal);
  cleanUps.push(async () => {
    stop.abort();
    await running;
  });
  return { forwarder, outbox };
}

const patience = { timeout: 30_000 };

test("a gateway whose certificate has expired keeps its readings and tries on; with a renewed one all are delivered", async () => {
  const authority = await testAuthority();
  const server = await authority.server();
  const ingest = await ingestWith({ tls: () => server });
  let material: TlsMaterial = await authority.gateway("gw-1", { fromDays: -60 });
  const url = `mqtts://127.0.0.1:${ingest.address?.port}`;
  const { forwarder, outbox } = startGateway({ url, tls: () => material });
  await expect.poll(() => ingest.counts().refused["certificate-expired"] ?? 0, patience).toBeGreaterThan(3);
  expect(forwarder.status().lastFailure).toMatchObject({ code: "not-authorized" });
  expect(outbox.delivered.size).toBe(0);
  material = await authority.gateway("gw-1");
  await expect.poll(() => outbox.delivered.size, patience).toBe(10);
  expect(ingest.counts()).toMatchObject({ stored: 10, duplicates: 0 });
});

test("an ingestor shows its certificate to a broker that runs alone, under the name in it", async () => {
  const authority = await testAuthority();
  const [server, own] = [await authority.server(), await authority.ingestor("a")];
  const broker = await ingestWith({ role: "broker", tls: () => server });
  const brokerUrl = `mqtts://127.0.0.1:${broker.address?.port}`;
  const ingestor = await ingestWith({ role: "ingestor", brokerUrl, tls: () => own });
  const gateway = await authority.gateway("gw-1");
  const { outbox } = startGateway({ url: brokerUrl, tls: () => gateway });
  await expect.poll(() => outbox.delivered.size, patience).toBe(10);
  expect(ingestor.counts().stored).toBe(10);
  await expect(ingestWith({ role: "ingestor", brokerUrl, tls: () => gateway })).rejects.toMatchObject({
    code: "ingestor-certificate-unusable",
  });
});

test.runIf(mosquittoPath !== null)(
  "what mosquitto acknowledges and drops, over 3.1.1, is not lost: without a receipt the gateway keeps it",
  async () => {
    const authority = await testAuthority();
    const broker = await startSecureMosquitto(mosquittoPath ?? "");
    cleanUps.push(() => broker.stop());
    const own = await authority.ingestor("a");
    const ingestor = await ingestWith({ role: "ingestor", brokerUrl: broker.url, tls: () => own });
    // It is configured as gw-1 and has another's certificate: the broker drops all that it says as gw-1.
    let material: TlsMaterial = await authority.gateway("gw-2");
    const { forwarder, outbox } = startGateway({ url: broker.url, protocol: "3.1.1", tls: () => material });
    await expect.poll(() => forwarder.status().counts.readingsResent, patience).toBeGreaterThan(10);
    expect([outbox.delivered.size, ingestor.counts().stored]).toEqual([0, 0]);
    material = await authority.gateway("gw-1");
    // The connection lives on until it is cut, here by a takeover of its name.
    const options = {
      url: broker.url,
      clientId: "gw-2",
      protocol: "5",
      keepAliveS: 30,
      connectTimeoutMs: 5000,
    } as const;
    const another = await authority.gateway("gw-2");
    const takeover = await mqttConnector().connect({ ...options, tls: () => another }, new AbortController().signal);
    await expect.poll(() => outbox.delivered.size, patience).toBe(10);
    await takeover.close();
    expect(ingestor.counts()).toMatchObject({ stored: 10 });
  },
);
