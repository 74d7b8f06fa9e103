import { afterEach, expect, test, vi } from "vitest";
import type { BrokerConnection, ConnectOptions } from "../../../../cloud-sync/mqtt/connection.ts";
import { iotHubConnector } from "../../../../cloud-sync/mqtt/iot-hub/iot-hub-connector.ts";
import type { IotHubOptions } from "../../../../cloud-sync/mqtt/iot-hub/iot-hub-connector.ts";
import { mqttConnector } from "../../../../cloud-sync/mqtt/mqttjs-connection.ts";
import { deviceKey, hubDevice, hubName, startHubRig } from "../../../doubles/iot-hub-rig.ts";
import type { HubRig, HubRigOptions } from "../../../doubles/iot-hub-rig.ts";
import { createTestAuthority, thumbprintOf } from "../../../doubles/hub-certificates.ts";
import type { Credentials } from "../../../doubles/hub-certificates.ts";
import { realClock } from "../../../doubles/real-clock.ts";

let rig: HubRig;
afterEach(async () => {
  await rig.stop();
});

const start = async (options?: HubRigOptions): Promise<void> => {
  rig = await startHubRig(options);
};

async function enter(
  hub: Partial<IotHubOptions> = {},
  change: Partial<ConnectOptions> = {},
): Promise<BrokerConnection> {
  return await rig.connector(hub).connect(rig.connectOptions(change), new AbortController().signal);
}

const lastEnding = (): string => rig.hub.endings.at(-1)?.why ?? "";
const topic = (kind: string): string => `carepost/v1/${hubDevice}/${kind}`;
const message = (kind: string, bytes = 2): Parameters<BrokerConnection["publish"]>[0] => ({
  topic: topic(kind),
  payload: Buffer.alloc(bytes, "x"),
  qos: 1,
  retain: true,
});

test("whoever is not let in is told what to look at", async () => {
  await start();
  const wrong: readonly (readonly [Partial<IotHubOptions>, Partial<ConnectOptions>, string])[] = [
    [{ hostName: "other.azure-devices.net" }, {}, "another hub"],
    [{ deviceId: "gw-9999" }, {}, "no such device"],
    [{}, { clientId: "gw-9999" }, "no such device"],
    [{ sasKey: () => Buffer.alloc(32).toString("base64") }, {}, "the signature"],
    [{ sasKey: null }, {}, "no shared access signature"],
    [{ tokenS: -60 }, {}, "expired"],
  ];
  for (const [hub, change, why] of wrong) {
    await expect(enter(hub, change)).rejects.toMatchObject({
      code: "iot-hub-unauthorized",
      recovery: "retry",
      remedy: expect.stringMatching(/device id.*hostName.*key or certificate.*clock/),
    });
    expect(lastEnding()).toContain(why);
  }
});

test("a machine whose clock is in the past is told of its clock", async () => {
  await start();
  const past = { ...realClock, now: () => Date.UTC(1970, 0, 2) };
  const connector = iotHubConnector(
    { inner: mqttConnector(), clock: past, random: () => 0.5, log: rig.log },
    { hostName: hubName, deviceId: null, sasKey: () => deviceKey, tokenS: 3600 },
  );
  await expect(connector.connect(rig.connectOptions(), new AbortController().signal)).rejects.toMatchObject({
    code: "iot-hub-clock-wrong",
  });
});

test("a key that is none, an address in plain and a hub that nobody vouches for are told before anything is sent", async () => {
  await start();
  await expect(enter({ sasKey: () => "HostName=contoso" })).rejects.toMatchObject({
    code: "iot-hub-key-malformed",
    recovery: "stop",
  });
  await expect(enter({}, { url: "mqtt://127.0.0.1:1883" })).rejects.toMatchObject({ code: "iot-hub-unencrypted" });
  await expect(enter({}, { tls: undefined })).rejects.toMatchObject({ code: "broker-certificate-untrusted" });
  expect(rig.hub.entries()).toBe(0);
});

test("a hub that is not there is unreachable, and an aborted attempt rejects with its reason", async () => {
  await start();
  const reason = new Error("stop");
  await expect(rig.connector().connect(rig.connectOptions(), AbortSignal.abort(reason))).rejects.toBe(reason);
  await rig.hub.stop();
  await expect(enter()).rejects.toMatchObject({ code: "broker-unreachable" });
});

test("it speaks 3.1.1 whatever was asked for, keeps its session, and asks for no more silence than a hub bears", async () => {
  await start();
  const connection = await enter({}, { protocol: "5", keepAliveS: 3_600 });
  expect(connection.protocol).toBe("3.1.1");
  await connection.publish(message("state"));
  expect(rig.hub.telemetry[0]?.properties).not.toHaveProperty("mqtt-retain");
  await connection.close();
  await connection.close();
  expect(await connection.closed).toMatchObject({ by: "us" });
});

test("what is published after the end, or into it, is rejected as lost", async () => {
  await start();
  const connection = await enter();
  rig.hub.faults.acknowledges = () => false;
  const outcome = connection.publish(message("readings", 50_000)).catch((error: unknown) => error);
  await vi.waitFor(() => expect(rig.hub.telemetry).toHaveLength(1), { timeout: 30_000 });
  rig.hub.kick();
  expect((await connection.closed).by).not.toBe("us");
  expect(await outcome).toMatchObject({ code: "connection-lost" });
  await expect(connection.publish(message("readings"))).rejects.toMatchObject({ code: "connection-lost" });
  await expect(connection.subscribe(topic("receipts"), 1)).rejects.toMatchObject({ code: "connection-lost" });
});

test("a message that no hub takes, and a topic that none has, never leave", async () => {
  await start();
  const connection = await enter();
  await expect(connection.publish(message("readings", 262_144))).rejects.toMatchObject({ code: "packet-too-large" });
  await expect(
    connection.publish({ ...message("readings"), topic: "carepost/v1/gw-0002/readings" }),
  ).rejects.toMatchObject({ code: "iot-hub-topic-unknown" });
  await expect(connection.subscribe("#", 1)).rejects.toMatchObject({ code: "iot-hub-topic-unknown" });
  await connection.publish(message("readings", 261_000));
  expect(rig.hub.endings).toEqual([]);
});

test("a second connection with the same device id ends the first", async () => {
  await start();
  const first = await enter();
  const second = await enter();
  await first.closed;
  expect(lastEnding()).toContain("another connection");
  await second.publish(message("events"));
});

test("a certificate opens by its thumbprint, and another does not", async () => {
  const authority = createTestAuthority("Own authority");
  const [right, wrong] = [authority.issue("any-name"), authority.issue("any-name")];
  await start({ auth: { type: "thumbprint", thumbprints: [thumbprintOf(right)] } });
  await (await enterBy(right)).close();
  await expect(enterBy(wrong)).rejects.toMatchObject({ code: "iot-hub-unauthorized" });
  expect(lastEnding()).toContain("another thumbprint");
  await expect(enter({ sasKey: null })).rejects.toMatchObject({ code: "iot-hub-unauthorized" });
  expect(lastEnding()).toContain("no client certificate");
  authority.remove();
});

test("a certificate of the hub's authority opens for the device that it names", async () => {
  await start({ auth: { type: "authority" } });
  await (await enterBy(rig.authority.issue(hubDevice))).close();
  await expect(enterBy(rig.authority.issue("gw-0002"))).rejects.toMatchObject({ code: "iot-hub-unauthorized" });
  const stranger = createTestAuthority("Strange authority");
  await expect(enterBy(stranger.issue(hubDevice))).rejects.toMatchObject({ code: "iot-hub-unauthorized" });
  expect(lastEnding()).toContain("did not sign");
  stranger.remove();
});

/** X.509: no token at all. */
async function enterBy({ cert, key }: Credentials): Promise<BrokerConnection> {
  return await enter({ sasKey: null }, { tls: () => ({ ca: rig.authority.cert, cert, key }) });
}
