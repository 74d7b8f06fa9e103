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

test("the radio that was chosen reaches the gateway, and what it is told of its repairs", () => {
  const optionsOf = (changes: Readonly<Record<string, string>>): ReturnType<typeof gatewayOptionsOf> =>
    gatewayOptionsOf(load({ ...environment, ...changes }).config, { key: null, version: "1.2.3" });
  expect(optionsOf({ CAREPOST_RADIO_SOCKET: "/run/air.sock" }).radio).toEqual({
    kind: "virtual",
    place: { socketPath: "/run/air.sock" },
  });
  const bluez = optionsOf({
    CAREPOST_RADIO_KIND: "bluez",
    CAREPOST_RADIO_ADAPTERS: "hci1, 00:1A:7D:DA:71:13",
    CAREPOST_RADIO_BUS: "unix:path=/tmp/bus",
    CAREPOST_RADIO_RESTART_DAEMON: "true",
    CAREPOST_RADIO_SILENCE_S: "120",
    CAREPOST_RADIO_REST_S: "5",
    CAREPOST_COLLECT_EARLY_LINKS_MAX: "1",
  });
  expect(bluez).toMatchObject({
    radio: {
      kind: "bluez",
      adapters: ["hci1", "00:1A:7D:DA:71:13"],
      busAddress: "unix:path=/tmp/bus",
      restartCommand: ["systemctl", "restart", "bluetooth"],
    },
    supervision: { silenceMs: 120_000, checkMs: 30_000, listenMs: 10_000, restMs: 5_000, repairsPerHourMax: 12 },
    collect: { earlyLinksMax: 1, earlyLinkMs: 300_000 },
  });
  expect(optionsOf({ CAREPOST_RADIO_KIND: "bluez" }).radio).toMatchObject({ adapters: [], restartCommand: null });
  expect(optionsOf({ CAREPOST_RADIO_KIND: "noble", CAREPOST_RADIO_HCI_DEVICE: "0" }).radio).toEqual({
    kind: "noble",
    package: "auto",
    hciDevice: 0,
    h4Socket: null,
  });
});

test("an adapter, a bus or a command that cannot be one is refused", () => {
  const wrong: Readonly<Record<string, readonly string[]>> = {
    CAREPOST_RADIO_ADAPTERS: ["hci", "hci0,hci0", "hci0;hci1", "", "hci0,hci1,hci2,hci3,hci4"],
    CAREPOST_RADIO_BUS: ["/run/dbus/system_bus_socket", ""],
    CAREPOST_RADIO_RESTART_COMMAND: ["systemctl restart bluetooth; reboot", "", " x", "sh -c 'x'"],
  };
  for (const [variable, texts] of Object.entries(wrong)) {
    for (const text of texts) expect(() => load({ ...environment, [variable]: text })).toThrow(/radio\./);
  }
});

test("each key has a sentence for its operator and a variable of its own", () => {
  const { keys } = load();
  expect(keys.filter(({ description }) => !/^[A-Z].*\.$/.test(description))).toEqual([]);
  expect(new Set(keys.map(({ variable }) => variable)).size).toBe(keys.length);
});
