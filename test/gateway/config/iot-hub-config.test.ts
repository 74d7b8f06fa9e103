import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { IotHubOptions } from "../../../cloud-sync/mqtt/iot-hub/iot-hub-connector.ts";
import { InvalidConfig } from "../../../gateway/config/config-error.ts";
import type { GatewayConfig } from "../../../gateway/config/gateway-config.ts";
import { gatewayOptionsOf } from "../../../gateway/config/gateway-options-of.ts";
import { iotHubOptionsOf } from "../../../gateway/config/iot-hub-options-of.ts";
import { loadGatewayConfig } from "../../../gateway/config/load-config.ts";
import type { LoadedConfig } from "../../../gateway/config/load-config.ts";
import { configText } from "../../../gateway/config/print-config.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "carepost-hub-config-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const key = Buffer.alloc(32, 7).toString("base64");

function load(uplink: string): LoadedConfig<GatewayConfig> {
  const path = join(folder, "carepost.yaml");
  const sections = ["gateway: { id: gw-0001, timeZone: Europe/London }", "store: { path: gateway.db }"];
  writeFileSync(path, [...sections, `uplink: { ${uplink} }`].join("\n"));
  return loadGatewayConfig({ path, environment: {}, folder, flags: [] });
}

const hub = 'url: "mqtts://contoso.azure-devices.net:8883", dialect: azure-iot-hub';

function keyFile(text: string, mode = 0o600): string {
  const path = join(folder, "device.key");
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

const hubOf = (more: string, environment: Readonly<Record<string, string>> = {}): IotHubOptions | undefined =>
  iotHubOptionsOf(load(`${hub}, iotHub: { ${more} }`).config, environment);

function problemsOf(uplink: string): readonly unknown[] {
  try {
    load(uplink);
    return [];
  } catch (error) {
    if (error instanceof InvalidConfig) return error.problems;
    throw error;
  }
}

test("a broker of our own topics is no hub, and its duty ends with a receipt", () => {
  const { config } = load('url: "mqtt://127.0.0.1:1883"');
  expect(iotHubOptionsOf(config, {})).toBeUndefined();
  expect(gatewayOptionsOf(config, { key: null, version: "1" }).uplink.acknowledge).toBe("receipt");
});

test("a hub needs its address and a key; the rest follows from them", () => {
  keyFile(`${key}\n`);
  expect(hubOf("sasKeyFile: device.key")).toMatchObject({
    hostName: "contoso.azure-devices.net",
    deviceId: null,
    tokenS: 3600,
  });
  expect(hubOf("sasKeyFile: device.key")?.sasKey?.()).toBe(key);
  expect(hubOf('hostName: other.azure-devices.net, deviceId: "D-1"')).toMatchObject({
    hostName: "other.azure-devices.net",
    deviceId: "D-1",
    sasKey: null,
  });
});

test("with a hub the broker's acknowledgement ends the duty, unless a receipt is wanted", () => {
  const acknowledgeOf = (more: string): unknown =>
    gatewayOptionsOf(load(`${hub}${more}`).config, { key: null, version: "1" }).uplink.acknowledge;
  expect([acknowledgeOf(""), acknowledgeOf(", acknowledge: receipt")]).toEqual(["puback", "receipt"]);
});

test("a key may come from systemd, and one that was rolled is used at the next token", () => {
  keyFile(key);
  const rolled = Buffer.alloc(32, 8).toString("base64");
  writeFileSync(join(folder, "carepost-iot-hub-key"), key);
  const options = hubOf("", { CREDENTIALS_DIRECTORY: folder });
  expect(options?.sasKey?.()).toBe(key);
  writeFileSync(join(folder, "carepost-iot-hub-key"), rolled);
  expect(options?.sasKey?.()).toBe(rolled);
  writeFileSync(join(folder, "carepost-iot-hub-key"), "half a k");
  expect(options?.sasKey?.()).toBe(rolled);
  rmSync(join(folder, "carepost-iot-hub-key"));
  expect(options?.sasKey?.()).toBe(rolled);
});

test("a key that others may read, that is none or that is not there is told with what to do", () => {
  keyFile(key, 0o644);
  expect(() => hubOf("sasKeyFile: device.key")).toThrow(expect.objectContaining({ code: "key-exposed" }));
  keyFile(`HostName=contoso.azure-devices.net;DeviceId=gw-0001;SharedAccessKey=${key}`);
  expect(() => hubOf("sasKeyFile: device.key")).toThrow(
    expect.objectContaining({ code: "iot-hub-key-malformed", remedy: expect.stringContaining("connection string") }),
  );
  expect(() => hubOf("sasKeyFile: nowhere.key")).toThrow(expect.objectContaining({ code: "key-unreadable" }));
});

test("an address or a name that no hub has is refused", () => {
  expect(problemsOf('url: "mqtt://127.0.0.1:1883", dialect: azure-iot-hub')).toMatchObject([
    { key: "uplink.url", problem: "is not mqtts://, which an IoT Hub wants" },
  ]);
  expect(problemsOf(`${hub}, iotHub: { hostName: "https://contoso.azure-devices.net/" }`)).toMatchObject([
    { key: "uplink.iotHub.hostName" },
  ]);
  expect(problemsOf(`${hub}, iotHub: { deviceId: "a/b" }`)).toMatchObject([{ key: "uplink.iotHub.deviceId" }]);
  expect(problemsOf('url: "mqtts://contoso.azure-devices.net", dialect: aws')).toMatchObject([
    { key: "uplink.dialect", problem: "is not one of native, azure-iot-hub" },
  ]);
});

test("the hub's keys are printed below their section, as a file that says the same", () => {
  keyFile(key);
  const loaded = load(`${hub}, iotHub: { sasKeyFile: device.key, tokenS: 600 }`);
  const text = configText(loaded);
  expect(text).toMatch(/^ {2}iotHub:\n {4}hostName: null/m);
  const path = join(folder, "printed.yaml");
  writeFileSync(path, text);
  expect(loadGatewayConfig({ path, environment: {}, folder, flags: [] }).config).toEqual(loaded.config);
});
