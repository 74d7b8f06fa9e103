import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { InvalidConfig } from "../../../gateway/config/config-error.ts";
import { gatewayConfig } from "../../../gateway/config/gateway-config.ts";
import { gatewayOptionsOf } from "../../../gateway/config/gateway-options-of.ts";
import { configKeys } from "../../../gateway/config/key-list.ts";
import { loadGatewayConfig, loadIngestConfig, loadStoreConfig } from "../../../gateway/config/load-config.ts";
import type { ConfigOrigin } from "../../../gateway/config/load-config.ts";
import { configText } from "../../../gateway/config/print-config.ts";
import { profileNames, profiles } from "../../../gateway/config/profiles.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "carepost-profile-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const valid = `
gateway: { id: gw-0001, timeZone: Europe/London }
store: { path: data/gateway.db }
uplink: { url: "mqtt://127.0.0.1:1883" }
`;

function origin(text: string, changes: Partial<ConfigOrigin> = {}): ConfigOrigin {
  writeFileSync(join(folder, "carepost.yaml"), text);
  return { path: null, environment: {}, folder, flags: [], ...changes };
}

const asHub = [{ flag: "--profile", key: "profile", text: "hub" }];

test("a profile's defaults are in force where the operator says nothing, and are shown as its own", () => {
  const loaded = loadGatewayConfig(origin(valid, { flags: asHub }));
  expect(loaded.config).toMatchObject({
    profile: "hub",
    radio: { kind: "bluez" },
    collect: { devices: "assigned" },
    uplink: { reconnectMaxS: 300 },
  });
  const lines = configText(loaded).split("\n");
  expect(lines.find((line) => line.includes("devices:"))).toMatch(/^ {2}devices: assigned +# profile hub$/);
  expect(lines.find((line) => line.includes("windowBatches"))).toMatch(/# default$/);
  expect(gatewayOptionsOf(loaded.config, { key: null, version: "1.0.0" }).profile).toBe("hub");
});

test("whatever the operator says stands over the profile, wherever it is said", () => {
  const text = `profile: hub\n${valid}collect: { devices: known }\n`;
  const { config, sources } = loadGatewayConfig(
    origin(text, {
      environment: { CAREPOST_LOG_LEVEL: "debug" },
      flags: [{ flag: "--days", key: "store.retentionDays", text: "7" }],
    }),
  );
  expect([config.collect.devices, config.log.level, config.store.retentionDays]).toEqual(["known", "debug", 7]);
  expect(sources.get("store.quotaMiB")).toBe("profile hub");
  expect(sources.get("log.level")).toBe("CAREPOST_LOG_LEVEL");
});

test("without a profile, nothing is laid under what is said", () => {
  const { config, sources } = loadGatewayConfig(origin(valid));
  expect(config.profile).toBeNull();
  expect([...sources.values()].filter((source) => source.startsWith("profile"))).toEqual([]);
});

test("the command line's profile wins over the file's", () => {
  const kiosk = [{ flag: "--profile", key: "profile", text: "kiosk" }];
  const { config } = loadGatewayConfig(origin(`profile: hub\n${valid}`, { flags: kiosk }));
  expect([config.profile, config.uplink.reconnectMaxS]).toEqual(["kiosk", 30]);
});

test("a profile that does not exist, and a section that is none, are told as they were written", () => {
  const problemsOf = (text: string): readonly string[] => {
    try {
      loadGatewayConfig(origin(text));
    } catch (error) {
      if (error instanceof InvalidConfig) return error.problems.map(({ key, problem }) => `${key} ${problem}`);
      throw error;
    }
    return [];
  };
  expect(problemsOf(`profile: home\n${valid}`)).toEqual(["profile is not one of hub, kiosk"]);
  expect(problemsOf(`profile: hub\n${valid}collect: everything\n`)).toEqual(["collect is not a section"]);
});

test("a file with a profile serves every command that reads it", () => {
  const text = `profile: hub\n${valid}ingest: { path: sink.db }\n`;
  expect(loadStoreConfig(origin(text)).config.store.quotaMiB).toBe(1024);
  expect(loadIngestConfig(origin(text)).config.log.level).toBe("warn");
});

test("what a profile says is a key of the configuration, and differs from a value that it cannot have", () => {
  const keys = new Set(configKeys(gatewayConfig).map(({ path }) => path));
  for (const name of profileNames) {
    expect(Object.keys(profiles[name]).filter((path) => !keys.has(path))).toEqual([]);
    const flags = [{ flag: "--profile", key: "profile", text: name }];
    expect(loadGatewayConfig(origin(valid, { flags })).config.profile).toBe(name);
  }
});
