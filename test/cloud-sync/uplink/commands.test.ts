import { expect, test } from "vitest";
import { cloudEvent } from "../../../cloud-sync/contract/cloud-event.ts";
import { commandResult } from "../../../cloud-sync/contract/control.ts";
import type { PackedText } from "../../../cloud-sync/contract/packed-text.ts";
import type { CommandResult } from "../../../cloud-sync/contract/control.ts";
import { connectionErrors } from "../../../cloud-sync/mqtt/connection-error.ts";
import { createUplinkRig, rigGateway } from "../../doubles/uplink-rig.ts";
import type { UplinkRig, UplinkRigOptions } from "../../doubles/uplink-rig.ts";
import { messageData } from "../../../cloud-sync/contract/message-data.ts";

interface Desk extends UplinkRig {
  readonly results: readonly CommandResult[];
  /** Sends bytes to the gateway's commands topic, as the cloud would. */
  command(payload: unknown, retain?: boolean): Promise<void>;
}

async function openDesk(options: UplinkRigOptions = {}): Promise<Desk> {
  const rig = createUplinkRig(options);
  const results: CommandResult[] = [];
  rig.broker.subscribe(`carepost/v1/${rigGateway}/results`, ({ payload }) => {
    results.push(commandResult.parse(messageData("results", payload)));
  });
  rig.start();
  await rig.clock.advance(1_000);
  return {
    ...rig,
    results,
    command: async (payload, retain = false) => {
      const bytes = Buffer.from(typeof payload === "string" ? payload : JSON.stringify(payload));
      rig.broker.publish({ topic: `carepost/v1/${rigGateway}/commands`, payload: bytes, qos: 1, retain });
      await rig.clock.advance(10);
    },
  };
}

test("a command in a CloudEvent is done as a plain one is, whoever sends it", async () => {
  const desk = await openDesk();
  const attributes = { kind: "commands", id: "c-1", source: "https://fleet.example.org/console", at: null } as const;
  const event = cloudEvent(attributes, { v: 1, id: "c-1", name: "sync-now" });
  await desk.command(event);
  await desk.command({ ...event, data: { ...event.data, id: "c-2" }, traceparent: "00-1-2-3" });
  await desk.command({ ...event, data: { ...event.data, id: "c-3" }, specversion: "2.0" });
  await desk.command({ ...event, data: undefined });
  expect(desk.commandsDone).toEqual(["sync-now", "sync-now"]);
  expect(desk.results).toMatchObject([
    { id: "c-1", outcome: "done" },
    { id: "c-2", outcome: "done" },
    { id: "c-3", outcome: "invalid", message: "specversion: only 1.0 is known" },
    { id: "unreadable", outcome: "invalid", message: "data: is missing" },
  ]);
  await desk.stop();
});

test("a support bundle comes with its answer, once more if asked once more, until the next one is made", async () => {
  let made = 0;
  const bundleOf = (number: number): PackedText => ({ encoding: "gzip+base64", data: `AAA${number}`, isWhole: true });
  const commands = {
    syncNow: async () => undefined,
    setConfig: async () => undefined,
    forgetDevice: async () => undefined,
    followRoster: async () => undefined,
    supportBundle: async () => bundleOf((made += 1)),
  };
  const desk = await openDesk({ ports: { commands } });
  for (const id of ["c-1", "c-1", "c-2", "c-1"]) await desk.command({ v: 1, id, name: "support-bundle" });
  expect(desk.results).toMatchObject([
    { id: "c-1", outcome: "done", bundle: bundleOf(1) },
    { id: "c-1", outcome: "done", bundle: bundleOf(1) },
    { id: "c-2", outcome: "done", bundle: bundleOf(2) },
    { id: "c-1", outcome: "done", message: "its bundle is not kept any more" },
  ]);
  expect(desk.results[3]).not.toHaveProperty("bundle");
  await desk.stop();
});

test("a gateway that makes no support bundle has no such command", async () => {
  const desk = await openDesk();
  await desk.command({ v: 1, id: "c-1", name: "support-bundle" });
  expect(desk.results).toMatchObject([{ id: "c-1", outcome: "unknown-command" }]);
  await desk.stop();
});

test("each command is done by its handler, and answered", async () => {
  const desk = await openDesk();
  await desk.command({ v: 1, id: "c-1", name: "sync-now" });
  await desk.command({ v: 1, id: "c-2", name: "set-config", settings: { batchReadingsMax: 7, logLevel: "debug" } });
  await desk.command({ v: 1, id: "c-3", name: "forget-device", device: "ABC" });
  expect(desk.commandsDone).toEqual([
    "sync-now",
    'set-config {"batchReadingsMax":7,"logLevel":"debug"}',
    "forget-device ABC",
  ]);
  expect(desk.results.map(({ id, outcome, code }) => [id, outcome, code])).toEqual([
    ["c-1", "done", null],
    ["c-2", "done", null],
    ["c-3", "done", null],
  ]);
  desk.add("backfill", 14);
  await desk.clock.advance(100);
  expect(desk.ingestor.batches.map(({ readings }) => readings.length)).toEqual([7, 7]);
  await desk.stop();
});

test("a command that comes again is answered again, and not done again", async () => {
  const desk = await openDesk();
  for (let time = 0; time < 3; time += 1) await desk.command({ v: 1, id: "c-1", name: "forget-device", device: "A" });
  expect(desk.commandsDone).toEqual(["forget-device A"]);
  expect(desk.results).toHaveLength(3);
  await desk.stop();
});

test("a command that comes again while it is being done is answered once", async () => {
  const done = Promise.withResolvers<void>();
  const desk = await openDesk({
    ports: {
      commands: {
        syncNow: () => done.promise,
        setConfig: async () => undefined,
        forgetDevice: async () => undefined,
        followRoster: async () => undefined,
      },
    },
  });
  await desk.command({ v: 1, id: "c-1", name: "sync-now" });
  await desk.command({ v: 1, id: "c-1", name: "sync-now" });
  expect(desk.results).toHaveLength(0);
  done.resolve();
  await desk.clock.advance(10);
  expect(desk.results).toHaveLength(1);
  await desk.stop();
});

test("what cannot be done is answered, and says why without repeating what was sent", async () => {
  const desk = await openDesk();
  await desk.command("{ not JSON");
  await desk.command({ v: 1, id: "c-1", name: "self-destruct" });
  await desk.command({ v: 1, id: "c-2", name: "set-config", settings: { url: "mqtt://elsewhere" } });
  await desk.command({ v: 1, id: "not an id", name: "sync-now" });
  await desk.command({ v: 1, id: "c-3", name: "forget-device", device: "x".repeat(70_000) });
  expect(desk.commandsDone).toEqual([]);
  expect(desk.results.map(({ id, outcome }) => [id, outcome])).toEqual([
    ["unreadable", "invalid"],
    ["c-1", "unknown-command"],
    ["c-2", "invalid"],
    ["unreadable", "invalid"],
    ["unreadable", "invalid"],
  ]);
  expect(JSON.stringify(desk.results)).not.toContain("elsewhere");
  await desk.stop();
});

test("a command that was retained is not done: it would be done again at every connection", async () => {
  const desk = await openDesk();
  await desk.command({ v: 1, id: "c-1", name: "forget-device", device: "A" }, true);
  expect(desk.commandsDone).toEqual(["forget-device A"]);
  desk.broker.cut();
  await desk.clock.advance(5_000);
  expect(desk.commandsDone).toEqual(["forget-device A"]);
  await desk.stop();
});

test("a handler that fails is answered with its code and its remedy, and the next command is done", async () => {
  const desk = await openDesk({
    ports: {
      commands: {
        syncNow: () => Promise.reject(connectionErrors.make("connection-lost", "gone")),
        setConfig: () => Promise.reject(new Error("something unforeseen")),
        forgetDevice: async () => undefined,
        followRoster: async () => undefined,
      },
    },
  });
  await desk.command({ v: 1, id: "c-1", name: "sync-now" });
  await desk.command({ v: 1, id: "c-2", name: "set-config", settings: {} });
  await desk.command({ v: 1, id: "c-3", name: "forget-device", device: "A" });
  expect(desk.results.map(({ outcome, code }) => [outcome, code])).toEqual([
    ["failed", "connection-lost"],
    ["failed", "internal"],
    ["done", null],
  ]);
  expect(JSON.stringify(desk.results)).not.toContain("unforeseen");
  await desk.stop();
});

test("an answer that was not acknowledged is sent in the next connection", async () => {
  const desk = await openDesk();
  desk.broker.faults.publish = ({ topic }) =>
    topic.endsWith("/results") ? { answer: "disconnect", deliveries: 0 } : {};
  await desk.command({ v: 1, id: "c-1", name: "sync-now" });
  expect(desk.results).toHaveLength(0);
  desk.broker.faults.publish = () => ({});
  await desk.clock.advance(5_000);
  expect(desk.results.map(({ id }) => id)).toEqual(["c-1"]);
  await desk.stop();
});

test("more commands than can wait are refused, and may be sent again", async () => {
  const done = Promise.withResolvers<void>();
  const desk = await openDesk({
    ports: {
      commands: {
        syncNow: () => done.promise,
        setConfig: async () => undefined,
        forgetDevice: async () => undefined,
        followRoster: async () => undefined,
      },
    },
  });
  for (let index = 0; index < 70; index += 1) await desk.command({ v: 1, id: `c-${index}`, name: "sync-now" });
  expect(desk.results).toHaveLength(5);
  expect(desk.results.every(({ code }) => code === "command-queue-full")).toBe(true);
  done.resolve();
  await desk.clock.advance(10);
  await desk.command({ v: 1, id: "c-69", name: "sync-now" });
  expect(desk.results.at(-1)).toMatchObject({ id: "c-69", outcome: "done" });
  await desk.stop();
});

test("sync-now cuts a wait for the broker short", async () => {
  const rig = createUplinkRig({ forwarder: { reconnectFirstDelayMaxMs: 300_000, reconnectDelayMaxMs: 300_000 } });
  rig.broker.stop();
  rig.add("fresh", 1);
  rig.start();
  await rig.clock.advance(100);
  rig.broker.start();
  expect(rig.forwarder.status().nextAttemptInMs).toBeGreaterThan(1_000);
  rig.forwarder.syncNow();
  await rig.clock.advance(100);
  expect(rig.outbox.delivered.size).toBe(1);
  await rig.stop();
});
