import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PageTls } from "../../../cloud-sync/http/page-certificate.ts";
import { InvalidConfig } from "../../../gateway/config/config-error.ts";
import type { GatewayConfig } from "../../../gateway/config/gateway-config.ts";
import { kioskOptionsOf, kioskPairOf } from "../../../gateway/config/kiosk-options-of.ts";
import { loadGatewayConfig } from "../../../gateway/config/load-config.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "carepost-kiosk-config-"));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function write(name: string, text: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

const needed = 'gateway: { id: g, timeZone: UTC }\nstore: { path: g.db }\nuplink: { url: "mqtt://127.0.0.1" }\n';

const load = (kiosk: string, more = ""): GatewayConfig => {
  const path = write("carepost.yaml", `${needed}kiosk: ${kiosk}\n${more}`);
  return loadGatewayConfig({ path, environment: {}, folder, flags: [] }).config;
};

function faultsOf(kiosk: string): readonly string[] {
  try {
    load(kiosk);
    return [];
  } catch (error) {
    if (error instanceof InvalidConfig) return error.problems.map(({ key, problem }) => `${key} ${problem}`);
    throw error;
  }
}

test("without a port there are no pages; with one they are on loopback, and nobody signs in", () => {
  expect(kioskOptionsOf(load("{}"), {})).toBeNull();
  expect(kioskOptionsOf(load("{ port: 8080 }"), {})).toEqual({
    pages: "kiosk",
    host: "127.0.0.1",
    port: 8080,
    names: [],
    tls: null,
    pins: null,
    staffIdleMs: 600_000,
    staffSessionMs: 28_800_000,
    languages: ["en", "es"],
    glucoseUnit: "mg/dL",
    emergencyNumber: "911",
    consentFile: null,
    rangesFile: null,
    idleWarnMs: 60_000,
    idleEndMs: 30_000,
    isDemo: false,
  });
});

test("a kiosk on another address is refused without a certificate, its key and a staff file, each by name", () => {
  const all = ["kiosk.certFile is missing", "kiosk.keyFile is missing", "kiosk.staffFile is missing"];
  expect(faultsOf("{ port: 8080, host: 192.0.2.1 }")).toEqual(all);
  expect(faultsOf('{ port: 8080, host: "::" }')).toEqual(all);
  expect(faultsOf("{ port: 8080, host: 192.0.2.1, certFile: a, keyFile: b }")).toEqual(all.slice(2));
  expect(faultsOf("{ port: 8080, host: 192.0.2.1, staffFile: c }")).toEqual(all.slice(0, 2));
  expect(faultsOf("{ port: 8080, host: 192.0.2.1, certFile: a, keyFile: b, staffFile: c }")).toEqual([]);
  expect(faultsOf("{ port: 8080, certFile: a }")).toEqual(["kiosk.keyFile is missing"]);
  expect(faultsOf("{ host: 192.0.2.1 }")).toEqual([]);
});

test("a home hub tells a network how it is without TLS, and whoever signs in needs it", () => {
  expect(faultsOf("{ port: 8080, pages: hub, host: 192.0.2.1 }")).toEqual([]);
  expect(faultsOf("{ port: 8080, pages: hub, host: 192.0.2.1, staffFile: c }")).toEqual([
    "kiosk.certFile is missing",
    "kiosk.keyFile is missing",
  ]);
  expect(kioskOptionsOf(load("{ port: 8080 }", "profile: hub\n"), {})).toMatchObject({ pages: "hub" });
  expect(kioskOptionsOf(load("{ pages: kiosk, host: 127.0.0.1 }", "profile: hub\n"), {})).toMatchObject({
    pages: "kiosk",
  });
});

test("languages and names are lists, and what is none of them is refused", () => {
  const options = kioskOptionsOf(load('{ port: 8080, languages: "es, en", names: "a.example, b.example" }'), {});
  expect(options).toMatchObject({ languages: ["es", "en"], names: ["a.example", "b.example"] });
  for (const wrong of ["languages: fr", 'languages: "en,en"', 'languages: ""', "names: 'a b'", "host: localhost"]) {
    expect([wrong, faultsOf(`{ port: 8080, ${wrong} }`)]).toEqual([wrong, [expect.any(String)]]);
  }
});

test("secrets come from files of their owner's", () => {
  write("cert.pem", "certificate");
  write("key.pem", "key\n");
  write("staff", "counter-1:hash\n");
  const config = load("{ port: 8443, certFile: cert.pem, keyFile: key.pem, staffFile: staff }");
  expect(kioskPairOf(config.kiosk, {})?.()).toEqual({ cert: "certificate", key: "key" });
  expect(kioskOptionsOf(config, {})).toMatchObject({ tls: expect.any(PageTls), pins: "counter-1:hash" });
  write("staff", "counter-1:hash\n", 0o644);
  expect(() => kioskOptionsOf(config, {})).toThrow("open to others");
});
