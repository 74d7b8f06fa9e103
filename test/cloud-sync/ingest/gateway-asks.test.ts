import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { messageData } from "../../../cloud-sync/contract/message-data.ts";
import { command, type CommandResult } from "../../../cloud-sync/contract/control.ts";
import { packText } from "../../../cloud-sync/contract/packed-text.ts";
import { type AskDesk, createAskDesk } from "../../../cloud-sync/ingest/gateway-asks.ts";
import { type IngestHandle, type IngestOptions, startIngest } from "../../../cloud-sync/ingest/start-ingest.ts";
import { gatewayErrors } from "../../../gateway/gateway-error.ts";
import { createVirtualClock, type VirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { startAskedGateway } from "../../doubles/asked-gateway.ts";
import { keptLog } from "../../doubles/kept-log.ts";
import { mosquittoPath, startMosquitto } from "../../doubles/mosquitto.ts";
import { startNats } from "../../doubles/nats-cluster.ts";
import { realClock } from "../../doubles/real-clock.ts";

const text = '{"about":"Carepost support bundle."}\n';
const patient = { timeout: 30_000 };

async function ingestWith(options: Omit<IngestOptions, "sinkPath" | "clock" | "log">): Promise<IngestHandle> {
  const folder = mkdtempSync(join(tmpdir(), "gateway-asks-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const sinkPath = join(folder, "sink.db");
  const ingest = await startIngest({ ...options, sinkPath, clock: realClock, log: keptLog() });
  onTestFinished(() => ingest.stop());
  return ingest;
}

async function madeOnce(): Promise<NonNullable<ReturnType<typeof packText>>> {
  const packed = packText(text, true);
  if (packed === null) throw new Error("it does not fit");
  return packed;
}

test("a gateway at the embedded broker is asked for its support bundle, and one that is away is not", async () => {
  const ingest = await ingestWith({ role: "all", listen: { host: "127.0.0.1", port: 0 } });
  startAskedGateway("gw-1", ingest.address?.url ?? "", madeOnce);
  await expect.poll(() => ingest.states().has("gw-1"), patient).toBe(true);
  expect(await ingest.asks.supportBundle("gw-1")).toBe(text);
  await expect(ingest.asks.supportBundle("gw-2")).rejects.toMatchObject({ code: "gateway-not-reached" });
}, 60_000);

test("a gateway's no is told with its reason", async () => {
  const ingest = await ingestWith({ role: "all", listen: { host: "127.0.0.1", port: 0 } });
  startAskedGateway("gw-1", ingest.address?.url ?? "", () =>
    Promise.reject(gatewayErrors.make("support-bundle-too-soon", "one was just made")),
  );
  await expect.poll(() => ingest.states().has("gw-1"), patient).toBe(true);
  await expect(ingest.asks.supportBundle("gw-1")).rejects.toMatchObject({
    code: "command-not-done",
    message: expect.stringContaining("support-bundle-too-soon"),
  });
}, 60_000);

test("of several ingestors that share a broker, the one that asked gets the answer", async () => {
  const mosquitto = await startMosquitto(mosquittoPath ?? "mosquitto");
  onTestFinished(() => mosquitto.stop());
  const member = { role: "ingestor", brokerUrl: mosquitto.url, shareGroup: "carepost" } as const;
  const [one, other] = [await ingestWith(member), await ingestWith(member)];
  startAskedGateway("gw-1", mosquitto.url, madeOnce);
  for (const ingest of [one, other, one, other]) {
    await expect.poll(() => ingest.states().has("gw-1"), patient).toBe(true);
    expect(await ingest.asks.supportBundle("gw-1")).toBe(text);
  }
}, 120_000);

test("of several ingestors at NATS the one that asked gets the answer, and each hears every state", async () => {
  const cluster = await startNats({ size: 1 });
  onTestFinished(() => cluster.stop());
  const member = { role: "ingestor", brokerUrl: cluster.url, mqttUrl: cluster.mqttUrl } as const;
  const [one, other] = [await ingestWith(member), await ingestWith(member)];
  startAskedGateway("gw-1", cluster.nodes[0]?.mqttUrl ?? "", madeOnce);
  for (const ingest of [one, other, one, other, one, other]) {
    await expect.poll(() => ingest.states().get("gw-1")?.online, patient).toBe(true);
    expect(await ingest.asks.supportBundle("gw-1")).toBe(text);
  }
}, 120_000);

interface AskStage {
  readonly clock: VirtualClock;
  readonly desk: AskDesk;
  /** Ids of the commands that were sent. */
  readonly ids: string[];
}

function stage(): AskStage {
  const clock = createVirtualClock(0);
  const ids: string[] = [];
  const source = {
    command: async (_gateway: string, { payload }: { readonly payload: Uint8Array }) => {
      ids.push(command.parse(messageData("commands", payload)).id);
      return true;
    },
  };
  return { clock, desk: createAskDesk({ source, clock, log: keptLog(), name: "a" }), ids };
}

test("what does not answer is given up, and no more than sixteen are waited for", async () => {
  const { clock, desk } = stage();
  const asked = Array.from({ length: 16 }, (_, index) => desk.supportBundle(`gw-${index}`));
  const given = Promise.allSettled(asked);
  await expect(desk.supportBundle("gw-17")).rejects.toMatchObject({ code: "asks-full" });
  await clock.advance(60_000);
  for (const outcome of await given) expect(outcome).toMatchObject({ reason: { code: "gateway-silent" } });
});

test("only the gateway that was asked answers for itself", async () => {
  const { desk, ids } = stage();
  const asked = desk.supportBundle("gw-1");
  await expect.poll(() => ids.length).toBe(1);
  const done: CommandResult = { v: 1, id: ids[0] ?? "", outcome: "done", code: null, message: null, at: 0 };
  desk.hearResult("gw-2", { ...done, outcome: "failed" });
  desk.hearResult("gw-1", { ...done, bundle: await madeOnce() });
  expect(await asked).toBe(text);
});

test("an ingestor that stops lets nobody wait for a gateway, and asks no more", async () => {
  const { clock, desk, ids } = stage();
  const asked = desk.supportBundle("gw-1");
  const outcome = Promise.allSettled([asked]);
  await expect.poll(() => ids.length).toBe(1);
  desk.stop();
  desk.stop();
  expect(await outcome).toMatchObject([{ reason: { code: "ingest-stopped" } }]);
  // A timer that is left would keep the program up.
  expect(clock.sleepers()).toBe(0);
  await expect(desk.supportBundle("gw-2")).rejects.toMatchObject({ code: "ingest-stopped" });
  expect(ids).toHaveLength(1);
});
