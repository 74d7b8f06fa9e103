import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PageTls } from "../../../cloud-sync/http/page-certificate.ts";
import { InvalidConfig } from "../../../gateway/config/config-error.ts";
import type { IngestConfig } from "../../../gateway/config/ingest-config.ts";
import { loadGatewayConfig, loadIngestConfig } from "../../../gateway/config/load-config.ts";
import { operatorAccessOf } from "../../../gateway/config/operator-access-of.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "carepost-operator-config-"));
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

const load = (operator: string): IngestConfig => {
  const path = write("carepost.yaml", `ingest: { path: sink.db }\noperator: ${operator}\n`);
  return loadIngestConfig({ path, environment: {}, folder, flags: [] }).config;
};

function faultsOf(operator: string): readonly string[] {
  try {
    load(operator);
    return [];
  } catch (error) {
    if (error instanceof InvalidConfig) return error.problems.map(({ key, problem }) => `${key} ${problem}`);
    throw error;
  }
}

test("without a port there is no page; with one it is on loopback, without TLS or login", () => {
  expect(operatorAccessOf(load("{}"), {})).toBeNull();
  const access = { host: "127.0.0.1", port: 9464, names: [], tls: null, passwords: null, metricsToken: null };
  expect(operatorAccessOf(load("{ port: 9464 }"), {})).toEqual(access);
});

test("another address is refused without a certificate and a password file, each by name", () => {
  expect(faultsOf("{ port: 9464, host: 192.0.2.1 }")).toEqual([
    "operator.certFile is missing",
    "operator.passwordFile is missing",
  ]);
  expect(faultsOf("{ port: 9464, host: 192.0.2.1, certFile: a, keyFile: b, passwordFile: c }")).toEqual([]);
  expect(faultsOf("{ port: 9464, certFile: a }")).toEqual(["operator.keyFile is missing"]);
  expect(faultsOf("{ port: 9464, host: localhost }")).toHaveLength(1);
  expect(faultsOf("{ port: 9464, names: 'a b' }")).toHaveLength(1);
});

test("secrets come from files of their owner's", () => {
  write("cert.pem", "certificate");
  write("key.pem", "key\n");
  write("operators", "ops:hash\n");
  write("token", "t0ken\n");
  const files = "certFile: cert.pem, keyFile: key.pem, passwordFile: operators, metricsTokenFile: token";
  const config = load(`{ port: 9464, names: "fleet.example.org, ops.example.org", ${files} }`);
  expect(operatorAccessOf(config, {})).toMatchObject({
    names: ["fleet.example.org", "ops.example.org"],
    tls: expect.any(PageTls),
    passwords: "ops:hash",
    metricsToken: "t0ken",
  });
  write("token", "t0ken\n", 0o644);
  expect(() => operatorAccessOf(config, {})).toThrow("open to others");
});

test("a gateway's metrics are off without a port, and on loopback with one", () => {
  const needed = 'gateway: { id: g, timeZone: UTC }\nstore: { path: g.db }\nuplink: { url: "mqtt://127.0.0.1" }\n';
  const metricsOf = (text: string): object => {
    const path = write("carepost.yaml", needed + text);
    return loadGatewayConfig({ path, environment: {}, folder, flags: [] }).config.metrics;
  };
  expect(metricsOf("")).toEqual({ port: null, host: "127.0.0.1" });
  expect(metricsOf("metrics: { port: 9465 }")).toEqual({ port: 9465, host: "127.0.0.1" });
  expect(() => metricsOf("metrics: { port: 9465, host: 0.0.0.0 }")).toThrow(InvalidConfig);
});
