import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { gatewayOptionsOf } from "../../../gateway/config/gateway-options-of.ts";
import { loadGatewayConfig } from "../../../gateway/config/load-config.ts";
import type { LoadedConfig } from "../../../gateway/config/load-config.ts";
import type { GatewayConfig } from "../../../gateway/config/gateway-config.ts";
import { configJson, configText } from "../../../gateway/config/print-config.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "carepost-config-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const environment = {
  CAREPOST_GATEWAY_ID: "gw-0001",
  CAREPOST_GATEWAY_TIME_ZONE: "Europe/London",
  CAREPOST_STORE_PATH: "/data/gateway.db",
  CAREPOST_UPLINK_URL: "mqtt://127.0.0.1:1883",
  CAREPOST_UPLINK_BATCH_READINGS_MAX: "7",
  CAREPOST_CLOCK_ASSUME_SYNCHRONISED: "true",
};

const load = (changes: Readonly<Record<string, string>> = environment): LoadedConfig<GatewayConfig> =>
  loadGatewayConfig({ path: null, environment: changes, folder, flags: [] });

test("what is printed is a configuration file that says the same", () => {
  const { config } = load();
  writeFileSync(join(folder, "carepost.yaml"), configText(load()));
  expect(load({}).config).toEqual(config);
});

test("each key is printed with where it comes from", () => {
  const lines = configText(load()).split("\n");
  expect(lines.find((line) => line.includes("batchReadingsMax"))).toMatch(
    /^ {2}batchReadingsMax: 7 +# CAREPOST_UPLINK_BATCH_READINGS_MAX$/,
  );
  expect(lines.find((line) => line.includes("protocol"))).toMatch(/^ {2}protocol: auto +# default$/);
  expect(JSON.parse(configJson(load()))).toMatchObject({
    "gateway.id": { value: "gw-0001", source: "CAREPOST_GATEWAY_ID" },
    "store.keyFile": { value: null, source: "default" },
  });
});

test("every key of the configuration reaches the gateway, in the gateway's own units", () => {
  const key = new Uint8Array(32);
  const options = gatewayOptionsOf(load().config, { key, version: "1.2.3" });
  expect(options).toMatchObject({
    gateway: "gw-0001",
    version: "1.2.3",
    timeZone: "Europe/London",
    clock: { assumeSynchronised: true },
    store: { path: "/data/gateway.db", key, limits: { fileBytesMax: 8192 * 1_048_576, retentionDays: 90 } },
    collect: { devices: "known", sessionMsMax: 300_000, revisitMs: 10_000, freshMs: 900_000 },
    uplink: { url: "mqtt://127.0.0.1:1883", batchReadingsMax: 7, reconnectDelayMaxMs: 30_000, startDelayMaxMs: 0 },
  });
});

test("each key has a sentence for its operator and a variable of its own", () => {
  const { keys } = load();
  expect(keys.filter(({ description }) => !/^[A-Z].*\.$/.test(description))).toEqual([]);
  expect(new Set(keys.map(({ variable }) => variable)).size).toBe(keys.length);
});
