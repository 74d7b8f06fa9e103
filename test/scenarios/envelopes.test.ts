import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { EnvelopeForm } from "../../cloud-sync/contract/cloud-event.ts";
import type { GatewayEvent } from "../../cloud-sync/contract/control.ts";
import { openSinkReader } from "../../cloud-sync/ingest/sinks/sqlite-sink.ts";
import { startIngest } from "../../cloud-sync/ingest/start-ingest.ts";
import { mqttConnector } from "../../cloud-sync/mqtt/mqttjs-connection.ts";
import type { EventOutbox } from "../../cloud-sync/uplink/event-outbox.ts";
import { createForwarder } from "../../cloud-sync/uplink/forwarder.ts";
import { seededRandom } from "../../simulators/random.ts";
import { glucose } from "../cloud-sync/ingest/sample-readings.ts";
import { keptLog } from "../doubles/kept-log.ts";
import { createMemoryOutbox, type MemoryOutbox } from "../doubles/memory-outbox.ts";
import { realClock } from "../doubles/real-clock.ts";

const cleanUps: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

/** A gateway before the ingestion end was updated, and one after: the same readings, an event each. */
test("gateways that wrap what they say and gateways that do not deliver to one ingestion end", async () => {
  const folder = mkdtempSync(join(tmpdir(), "carepost-envelopes-"));
  cleanUps.push(() => rmSync(folder, { recursive: true }));
  const sinkPath = join(folder, "sink.db");
  const listen = { host: "127.0.0.1", port: 0 };
  const ingest = await startIngest({ role: "all", listen, sinkPath, key: null, clock: realClock, log: keptLog() });
  cleanUps.push(() => ingest.stop());
  const url = ingest.address?.url ?? "";
  const [older, newer] = [runGateway("gw-1", url, "plain"), runGateway("gw-2", url, "cloudevents")];
  for (const { outbox, waiting } of [older, newer]) {
    await expect.poll(() => outbox.delivered.size).toBe(20);
    await expect.poll(waiting).toBe(0);
  }
  const reader = openSinkReader({ path: sinkPath, key: null, clock: realClock });
  cleanUps.push(() => reader.close());
  expect(await reader.counts()).toEqual({ readings: 20, deadLetters: 0 });
  const events = await reader.events({ afterPosition: 0, limit: 9 });
  expect(events.map(({ gateway }) => gateway).toSorted()).toEqual(["gw-1", "gw-2"]);
  expect([...ingest.states().keys()].toSorted()).toEqual(["gw-1", "gw-2"]);
});

interface RunningGateway {
  readonly outbox: MemoryOutbox;
  readonly waiting: () => number;
}

function runGateway(gateway: string, url: string, envelope: EnvelopeForm): RunningGateway {
  const outbox = createMemoryOutbox();
  for (let number = 1; number <= 20; number += 1) outbox.add("backfill", JSON.stringify(glucose(number)));
  const { events, waiting } = oneEvent(gateway);
  const nothing = (): Promise<void> => Promise.resolve();
  const forwarder = createForwarder(
    {
      outbox,
      events,
      connector: mqttConnector(),
      clock: realClock,
      random: seededRandom(1),
      log: keptLog(),
      commands: { syncNow: nothing, setConfig: nothing, forgetDevice: nothing, followRoster: nothing },
      describe: () => ({ held: 0, clock: "trusted", alarm: null }),
      trustedNow: () => realClock.now(),
    },
    { gateway, url, version: "0.1.0", bootId: `boot-${gateway}`, envelope, batchReadingsMax: 3 },
  );
  const stopping = new AbortController();
  const running = forwarder.run(stopping.signal);
  cleanUps.push(async () => {
    stopping.abort();
    await running;
  });
  return { outbox, waiting };
}

function oneEvent(gateway: string): { readonly events: EventOutbox; readonly waiting: () => number } {
  const id = "0190f3c0-0000-8000-8000-00000000000a";
  const event: GatewayEvent = {
    v: 1,
    id,
    gateway,
    at: 1,
    event: { type: "tombstone", readingId: id, reason: "quota" },
  };
  let waiting = [{ seq: 1, event }];
  const events: EventOutbox = {
    events: async () => waiting,
    settleEvents: async () => void (waiting = []),
    onEventAdded: () => () => undefined,
  };
  return { events, waiting: () => waiting.length };
}
