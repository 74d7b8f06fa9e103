import mqtt from "mqtt";
import type { IClientOptions, MqttClient } from "mqtt";
import { connect as connectPlain } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { sasToken } from "../../../cloud-sync/mqtt/iot-hub/sas-token.ts";
import { createVirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { TrafficShaper } from "../../../simulators/iot-hub/traffic-shaper.ts";
import { deviceKey, hubDevice, hubName, startHubRig } from "../../doubles/iot-hub-rig.ts";
import type { HubRig } from "../../doubles/iot-hub-rig.ts";

let rig: HubRig;
const clients: MqttClient[] = [];
beforeEach(async () => {
  rig = await startHubRig();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.end(true);
  await rig.stop();
});

const patience = { timeout: 30_000 };
const events = `devices/${hubDevice}/messages/events/`;

/** A client of another make than the one that the dialect is for, as Microsoft's documentation shows one. */
async function device(change: Partial<IClientOptions> = {}): Promise<MqttClient> {
  const client = mqtt.connect(rig.hub.url, {
    ca: rig.authority.cert,
    clientId: hubDevice,
    protocolVersion: 4,
    username: `${hubName}/${hubDevice}/?api-version=2021-04-12`,
    password: sasToken({
      resource: `${hubName}/devices/${hubDevice}`,
      key: deviceKey,
      expiresAtS: Math.floor(Date.now() / 1000) + 3600,
    }),
    reconnectPeriod: 0,
    ...change,
  });
  clients.push(client);
  client.on("error", () => undefined);
  await new Promise<void>((resolve) => client.once("connect", () => resolve()).once("close", () => resolve()));
  return client;
}

/** Why the hub ended the connection on what was done. */
async function endingOn(act: (client: MqttClient) => void): Promise<string> {
  const client = await device();
  expect(client.connected).toBe(true);
  const closed = new Promise<void>((resolve) => client.once("close", () => resolve()));
  act(client);
  await closed;
  return rig.hub.endings.at(-1)?.why ?? "";
}

test("a message arrives with its properties, the system's apart from the application's", async () => {
  const client = await device();
  await client.publishAsync(`${events}$.ct=application%2Fjson&$.ce=utf-8&$.mid=7&a%20b=c%26d`, "{}", { qos: 1 });
  expect(rig.hub.telemetry).toMatchObject([
    { contentType: "application/json", contentEncoding: "utf-8", messageId: "7", properties: { "a b": "c&d" } },
  ]);
});

test("a message that is to be retained is told as such, and is not retained", async () => {
  const client = await device();
  await client.publishAsync(events, "x", { qos: 1, retain: true });
  expect(rig.hub.telemetry[0]?.properties).toEqual({ "mqtt-retain": "true" });
});

test("each thing that a hub does not do ends the connection", async () => {
  const misdeeds: readonly (readonly [(client: MqttClient) => void, string])[] = [
    [(client) => client.publish(events, "x", { qos: 2 }), "QoS 2"],
    [(client) => client.publish("a/topic/of/ours", "x", { qos: 1 }), "topic that the hub does not have"],
    [
      (client) => client.publish("devices/gw-0002/messages/events/", "x", { qos: 1 }),
      "topic that the hub does not have",
    ],
    [(client) => client.publish(`${events}a=%zz`, "x", { qos: 1 }), "not URL-encoded"],
    [(client) => client.publish(events, Buffer.alloc(262_144), { qos: 1 }), "256 KB"],
    [(client) => client.publish(events, Buffer.alloc(3_000_000), { qos: 1 }), "256 KB"],
    [(client) => client.subscribe("#"), "subscription"],
    [(client) => client.subscribe(`devices/${hubDevice}/messages/devicebound/+`), "subscription"],
    [(client) => client.stream.write(Buffer.from([0x10, 0x02, 0, 4])), "ends too early"],
    [(client) => client.stream.write(Buffer.from([0xf0, 0x00])), "no client sends"],
  ];
  for (const [act, why] of misdeeds) expect(await endingOn(act)).toContain(why);
});

test("nobody comes in without TLS, in another version, under another name or with a foreign last will", async () => {
  const plain = connectPlain(rig.hub.port, "127.0.0.1");
  plain.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => plain.once("close", () => resolve()));
  plain.write(Buffer.from("100c00044d51545404020000", "hex"));
  await closed;
  const refusals: readonly (readonly [Partial<IClientOptions>, string])[] = [
    [{ protocolVersion: 5 }, "protocol level 5"],
    [{ username: `${hubName}/${hubDevice}` }, "the user name is not"],
    [{ clientId: "gw-0002" }, "the client id is not"],
    [{ will: { topic: "t", payload: Buffer.from("x"), qos: 1, retain: false } }, "last will"],
  ];
  for (const [change, why] of refusals) {
    expect((await device(change)).connected).toBe(false);
    await vi.waitFor(() => expect(rig.hub.endings.at(-1)?.why).toContain(why), patience);
  }
  expect(rig.hub.endings[0]?.why).toContain("no TLS");
  expect(rig.hub.entries()).toBe(0);
});

test("a subscription of QoS 2 is granted as QoS 1", async () => {
  const client = await device();
  expect(await client.subscribeAsync("$iothub/twin/res/#", { qos: 2 })).toMatchObject([{ qos: 1 }]);
});

test("a device's queue holds fifty messages, and no message of more than 64 KB", async () => {
  const body = Buffer.from("x");
  const answers = Array.from({ length: 51 }, () => rig.hub.sendToDevice(hubDevice, { properties: {}, body }));
  expect(answers.filter((answer) => answer === 204)).toHaveLength(50);
  expect(answers.at(-1)).toBe(403);
  expect(rig.hub.sendToDevice(hubDevice, { properties: {}, body: Buffer.alloc(65_537) })).toBe(413);
  expect(rig.hub.sendToDevice("gw-0002", { properties: {}, body })).toBe(404);
});

test("what waits is delivered to a session that was kept, and is dropped with a clean one", async () => {
  const first = await device({ clean: false });
  await first.subscribeAsync(`devices/${hubDevice}/messages/devicebound/#`, { qos: 1 });
  await first.endAsync(true);
  await vi.waitFor(() => expect(rig.hub.isConnected(hubDevice)).toBe(false), patience);
  rig.hub.sendToDevice(hubDevice, { properties: { kind: "receipts" }, body: Buffer.from("one") });
  const arrived: string[] = [];
  const second = await device({ clean: false });
  second.on("message", (topic, payload) => arrived.push(`${decodeURIComponent(topic)} ${payload.toString()}`));
  await vi.waitFor(() => expect(rig.hub.pendingMessages(hubDevice)).toBe(0), patience);
  expect(arrived[0] ?? "one").toContain("one");
  await second.endAsync(true);
  await vi.waitFor(() => expect(rig.hub.isConnected(hubDevice)).toBe(false), patience);
  rig.hub.sendToDevice(hubDevice, { properties: {}, body: Buffer.from("two") });
  await device({ clean: true });
  expect(rig.hub.pendingMessages(hubDevice)).toBe(0);
});

test("a method of a device that is away, does not listen or does not answer has the hub's own status", async () => {
  const call = { name: "sync-now", timeoutMs: 50 };
  expect(await rig.hub.invokeMethod("gw-0002", call)).toMatchObject({ by: "hub", status: 404 });
  expect(await rig.hub.invokeMethod(hubDevice, call)).toMatchObject({ by: "hub", status: 404 });
  const client = await device();
  expect(await rig.hub.invokeMethod(hubDevice, call)).toMatchObject({ by: "hub", status: 404 });
  await client.subscribeAsync("$iothub/methods/POST/#");
  expect(await rig.hub.invokeMethod(hubDevice, call)).toMatchObject({ by: "hub", status: 504 });
  const large = { name: "x", payload: "x".repeat(131_072) };
  expect(await rig.hub.invokeMethod(hubDevice, large)).toMatchObject({ by: "hub", status: 413 });
});

test("a twin has versions, and an ETag that keeps two writers apart", () => {
  const before = rig.hub.twin(hubDevice);
  expect(rig.hub.patchDesired(hubDevice, { a: 1, b: { c: 2, d: 3 } }, before?.desiredEtag)).toBe(200);
  expect(rig.hub.patchDesired(hubDevice, { a: 2 }, before?.desiredEtag)).toBe(412);
  expect(rig.hub.patchDesired(hubDevice, { a: null, b: { c: null } }, "*")).toBe(200);
  expect(rig.hub.twin(hubDevice)?.desired).toEqual({ b: { d: 3 }, $version: 3 });
  expect(rig.hub.patchDesired(hubDevice, { $mine: 1 })).toBe(400);
  expect(rig.hub.patchDesired(hubDevice, { large: "x".repeat(40_000) })).toBe(400);
  expect(rig.hub.patchDesired("gw-0002", {})).toBe(404);
});

test("a question about the twin is answered to whoever listens, and what is no JSON is 400", async () => {
  const client = await device();
  const answers: string[] = [];
  client.on("message", (topic) => answers.push(topic));
  await client.subscribeAsync("$iothub/twin/res/#");
  await client.publishAsync("$iothub/twin/GET/?$rid=1", "");
  await client.publishAsync("$iothub/twin/PATCH/properties/reported/?$rid=2", '{"a":1}');
  await client.publishAsync("$iothub/twin/PATCH/properties/reported/?$rid=3", "{nothing");
  await vi.waitFor(() => expect(answers).toHaveLength(3), patience);
  expect(answers).toEqual([
    "$iothub/twin/res/200/?$rid=1",
    "$iothub/twin/res/204/?$rid=2&$version=2",
    "$iothub/twin/res/400/?$rid=3",
  ]);
});

test("a throttle lets a burst pass, then delays, and at last refuses", () => {
  const shaper = new TrafficShaper(createVirtualClock(0));
  const throttle = { perSecond: 10, burst: 3, waitMsMax: 250 };
  const waits = Array.from({ length: 8 }, () => shaper.admit(throttle));
  expect(waits).toEqual([0, 0, 0, 0, 100, 200, null, null]);
});
