import { expect, test } from "vitest";
import {
  type CommandResult,
  commandResult,
  type GatewayState,
  gatewayState,
} from "../../cloud-sync/contract/control.ts";
import { gatewayTopics } from "../../cloud-sync/contract/topics.ts";
import { assigned, blood, placeMeter } from "./site-devices.ts";
import { openSite, type Site } from "./virtual-site.ts";
import { messageData } from "../../cloud-sync/contract/message-data.ts";

const topics = gatewayTopics("gw-0001");

async function ask(site: Site, command: object): Promise<CommandResult> {
  const results: CommandResult[] = [];
  const stop = site.broker.subscribe(topics.results, ({ payload }) => {
    results.push(commandResult.parse(messageData("results", payload)));
  });
  const payload = Buffer.from(JSON.stringify({ v: 1, ...command }));
  site.broker.publish({ topic: topics.commands, payload, qos: 1, retain: false });
  await site.clock.advance(5_000);
  stop();
  const [result] = results;
  if (result === undefined) throw new Error("there was no result");
  return result;
}

const stateOf = (site: Site): GatewayState =>
  gatewayState.parse(messageData("state", site.broker.retained(topics.state) ?? new Uint8Array()));

test("sync-now visits a device that would have been left alone for a while", async () => {
  const site = await openSite();
  const meter = placeMeter(site, { wakefulness: { afterUseMs: 36_000_000, periodic: null } });
  const gateway = await site.gateway({ collect: { revisitMs: 3_600_000 } });
  meter.device.measure(blood(104));
  await site.clock.advance(30_000);
  const visits = (): number => gateway.events.filter(({ type }) => type === "session-ended").length;
  expect(visits()).toBe(1);
  expect(await ask(site, { id: "c-1", name: "sync-now" })).toMatchObject({ id: "c-1", outcome: "done" });
  expect(visits()).toBe(2);
});

test("a device that is to be forgotten is new when it comes again, and its readings stay", async () => {
  const site = await openSite();
  const meter = placeMeter(site);
  const gateway = await site.gateway(assigned(meter));
  meter.device.measure(blood(104));
  await site.clock.advance(60_000);
  const forget = { name: "forget-device", device: meter.id };
  expect(await ask(site, { id: "c-1", ...forget })).toMatchObject({ outcome: "done" });
  expect(await gateway.store.devices()).toEqual([]);
  expect(await gateway.store.assignments()).toEqual([]);
  expect(await gateway.store.progress(meter.id)).toBeNull();
  expect(await ask(site, { id: "c-2", ...forget })).toMatchObject({ outcome: "failed", code: "device-unknown" });
  meter.device.measure(blood(105));
  await site.clock.advance(60_000);
  expect(await gateway.store.counts()).toMatchObject({ readings: 2, held: 1 });
});

test("what was set from afar is kept for the next start, and what may not be set is refused", async () => {
  const site = await openSite();
  const gateway = await site.gateway();
  await site.clock.advance(1_000);
  const settings = { windowBatches: 4 };
  expect(await ask(site, { id: "c-1", name: "set-config", settings })).toMatchObject({ outcome: "done" });
  expect(await ask(site, { id: "c-2", name: "set-config", settings: { logLevel: "debug" } })).toMatchObject({
    outcome: "done",
  });
  expect(JSON.parse((await gateway.store.setting("remote-settings")) ?? "")).toEqual({
    windowBatches: 4,
    logLevel: "debug",
  });
  const elsewhere = { id: "c-3", name: "set-config", settings: { url: "mqtt://elsewhere" } };
  expect(await ask(site, elsewhere)).toMatchObject({ outcome: "invalid" });
});

test("a log level that was set from afar holds again after a restart", async () => {
  const site = await openSite();
  const first = await site.gateway();
  await site.clock.advance(1_000);
  await ask(site, { id: "c-1", name: "set-config", settings: { logLevel: "debug" } });
  await first.stop();
  const logLevels: string[] = [];
  await site.gateway({ path: first.path, logLevels });
  await site.clock.advance(1_000);
  expect(logLevels).toEqual(["debug"]);
});

test("the state tells of held readings and of a clock that is not to be trusted, and of nobody", async () => {
  const site = await openSite();
  const meter = placeMeter(site);
  const gateway = await site.gateway();
  meter.device.measure(blood(437));
  await site.clock.advance(120_000);
  expect(stateOf(site)).toMatchObject({ online: true, held: 1, backlog: 0, clock: "trusted", alarm: null });
  site.clock.jump(3_652 * 86_400_000);
  await site.clock.advance(120_000);
  expect(stateOf(site)).toMatchObject({ online: true, clock: "untrusted" });
  await gateway.stop();
  expect(stateOf(site)).toMatchObject({ online: false });
});
