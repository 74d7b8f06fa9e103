import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { InvalidConfig, configErrors } from "../../../gateway/config/config-error.ts";
import type { ConfigProblem } from "../../../gateway/config/config-error.ts";
import { loadGatewayConfig, loadIngestConfig, loadStoreConfig } from "../../../gateway/config/load-config.ts";
import type { ConfigOrigin } from "../../../gateway/config/load-config.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "carepost-config-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const valid = `
gateway: { id: gw-0001, timeZone: Europe/London }
store: { path: data/gateway.db }
uplink: { url: "mqtt://127.0.0.1:1883" }
`;

function origin(text: string | null, changes: Partial<ConfigOrigin> = {}): ConfigOrigin {
  if (text !== null) writeFileSync(join(folder, "carepost.yaml"), text);
  return { path: null, environment: {}, folder, flags: [], ...changes };
}

function problemsOf(load: () => unknown): readonly ConfigProblem[] {
  try {
    load();
  } catch (error) {
    if (error instanceof InvalidConfig) return error.problems.map((problem) => tidied(problem));
    throw error;
  }
  return [];
}

const tidied = (problem: ConfigProblem): ConfigProblem => ({
  ...problem,
  source: problem.source.replace(`${folder}/`, ""),
  remedy: problem.remedy.replace(`${folder}/`, ""),
});

test("a short file is enough, and everything else has a default", () => {
  const { config, sources, file } = loadGatewayConfig(origin(valid));
  expect(config.uplink).toMatchObject({ url: "mqtt://127.0.0.1:1883", protocol: "auto", dialect: "native" });
  expect(config.collect.devices).toBe("known");
  expect(config.log.level).toBe("info");
  expect(file).toBe(join(folder, "carepost.yaml"));
  expect(sources.get("uplink.url")).toBe(`${file}:4`);
  expect(sources.has("uplink.protocol")).toBe(false);
});

test("a path in the file is relative to the file, and one in the environment to the current folder", () => {
  const path = join(folder, "elsewhere.yaml");
  writeFileSync(path, valid);
  const fromFile = loadGatewayConfig(origin(null, { path, folder: "/srv" }));
  expect(fromFile.config.store.path).toBe(join(folder, "data/gateway.db"));
  const environment = { CAREPOST_CONFIG: path, CAREPOST_STORE_PATH: "other.db" };
  expect(loadGatewayConfig(origin(null, { folder: "/srv", environment })).config.store.path).toBe("/srv/other.db");
});

test("the command line wins over the environment, which wins over the file", () => {
  const environment = { CAREPOST_STORE_PATH: "/environment.db", CAREPOST_UPLINK_WINDOW_BATCHES: "7" };
  const flags = [{ flag: "--store", key: "store.path", text: "/flag.db" }];
  const { config, sources } = loadGatewayConfig(origin(valid, { environment, flags }));
  expect([config.store.path, sources.get("store.path")]).toEqual(["/flag.db", "--store"]);
  expect([config.uplink.windowBatches, sources.get("uplink.windowBatches")]).toEqual([
    7,
    "CAREPOST_UPLINK_WINDOW_BATCHES",
  ]);
});

test("with neither file nor environment, every key that is missing is named", () => {
  const problems = problemsOf(() => loadGatewayConfig(origin(null)));
  expect(problems.map(({ key, problem, source }) => `${key} ${problem}, ${source}`)).toEqual([
    "gateway.id is missing, not set",
    "gateway.timeZone is missing, not set",
    "store.path is missing, not set",
    "uplink.url is missing, not set",
  ]);
  expect(problems[0]?.remedy).toContain("CAREPOST_GATEWAY_ID");
});

test("all that is wrong is told at once: the key, the value, where it was said, and what to do", () => {
  const text = `
gateway:
  id: 12
  timeZone: Europe/Londn
radio:
  kind: bluetooth
store:
  path: gateway.db
  quotaMB: 7
uplink:
  url: mqtt://somebody:password@10.0.0.1
  batchReadingsMax: 1000
logs: {}
`;
  const environment = {
    CAREPOST_UPLINK_WINDOW_BATCHES: "many",
    CAREPOST_UPLINK_WINDOW_BATCH: "3",
    CAREPOST_STORE_KEY: "00",
  };
  expect(problemsOf(() => loadGatewayConfig(origin(text, { environment })))).toMatchSnapshot();
});

test("a section that is no section, and a file that is no set of sections, are named", () => {
  expect(problemsOf(() => loadGatewayConfig(origin(`${valid}radio: 7\n`)))).toMatchObject([
    { key: "radio", value: "7", problem: "is not a section" },
  ]);
  expect(problemsOf(() => loadGatewayConfig(origin("- a\n- b\n")))).toMatchObject([
    { key: "(the whole file)", problem: "is not a set of sections" },
  ]);
});

test("a file that is not YAML is refused with the line", () => {
  expect(() => loadGatewayConfig(origin("gateway:\n  id: a\n  id: b\n"))).toThrow(/carepost\.yaml:3:3 is not YAML/);
});

test("a file that was named must be there; the usual ones need not", () => {
  const load = (): unknown => loadGatewayConfig(origin(valid, { path: "other.yaml" }));
  expect(load).toThrow(expect.toSatisfy((error) => configErrors.is(error, "config-missing")));
});

test("the two programs share one file, and neither stumbles over the other's faults", () => {
  const text = `${valid}ingest: { path: sink.db, role: wrong }\n`;
  expect(loadGatewayConfig(origin(text)).config.gateway.id).toBe("gw-0001");
  expect(problemsOf(() => loadIngestConfig(origin(text)))).toMatchObject([
    { key: "ingest.role", value: '"wrong"', problem: "is not one of all, broker, ingestor" },
  ]);
});

test("a variable that is like no other gets no guess from what all of them begin with", () => {
  const environment = { CAREPOST_BLUEZ_KERNEL: "/boot/linux", CAREPOST_STORE_PTAH: "x.db" };
  const problems = problemsOf(() => loadGatewayConfig(origin(valid, { environment })));
  expect(problems.map(({ key, remedy }) => [key, remedy])).toEqual([
    ["CAREPOST_BLUEZ_KERNEL", "Unset it."],
    ["CAREPOST_STORE_PTAH", "Did you mean CAREPOST_STORE_PATH? Rename or unset it."],
  ]);
});

test("a command that looks into the store minds nothing but where it is", () => {
  const text = "store: { path: gateway.db }\nlogs: 7\n";
  const environment = { CAREPOST_WRONG: "1" };
  expect(loadStoreConfig(origin(text, { environment })).config.store.path).toBe(join(folder, "gateway.db"));
});

test("without certificates the ingestion end listens on loopback and refuses anything else", () => {
  const hosts = ["0.0.0.0", "192.168.1.10", "::", "example.org"];
  for (const host of hosts) {
    const [problem] = problemsOf(() => loadIngestConfig(origin(`ingest: { path: s.db, host: "${host}" }`)));
    expect(problem?.problem).toContain("is not a loopback address");
  }
  expect(loadIngestConfig(origin('ingest: { path: s.db, host: "::1" }')).config.ingest.host).toBe("::1");
});

test("readings leave this machine encrypted or not at all", () => {
  const withUrl = (url: string): readonly ConfigProblem[] =>
    problemsOf(() => loadGatewayConfig(origin(valid, { environment: { CAREPOST_UPLINK_URL: url } })));
  expect(withUrl("mqtt://localhost")).toEqual([]);
  expect(withUrl("mqtts://broker.example")).toEqual([]);
  expect(withUrl("mqtt://broker.example")[0]?.problem).toContain("unencrypted");
  expect(withUrl("http://127.0.0.1")[0]?.problem).toContain("http://");
  expect(withUrl("127.0.0.1:1883")[0]?.problem).toContain("is not an address");
});
