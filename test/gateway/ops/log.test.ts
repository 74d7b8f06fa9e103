import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { logFields } from "../../../gateway/ops/log-fields.ts";
import { createLog } from "../../../gateway/ops/log.ts";
import type { LevelledLog, LogOptions } from "../../../gateway/ops/log.ts";

function recorded(changes: Partial<LogOptions> = {}): { readonly log: LevelledLog; readonly lines: string[] } {
  const lines: string[] = [];
  const write = (line: string): void => {
    lines.push(line);
  };
  const now = (): number => Date.UTC(2026, 2, 1, 12, 3, 4, 120);
  return { log: createLog({ level: "debug", write, pretty: false, colour: false, now, ...changes }), lines };
}

test("each event is one JSON line with its level, its time and its fields", () => {
  const { log, lines } = recorded();
  log.warn("broker-unreachable", { delayMs: 1200, code: "connection-refused" });
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    {
      level: "warn",
      at: "2026-03-01T12:03:04.120Z",
      event: "broker-unreachable",
      delayMs: 1200,
      code: "connection-refused",
    },
  ]);
  expect(lines[0]).toMatch(/\n$/);
});

test("a person, a value, a serial and an address are dropped, under any name that they might be given", () => {
  const { log, lines } = recorded();
  const names = (
    "person personReference patient reading readingId value systolic glucose concentration serial serialNumber " +
    "systemId device deviceId address mac name hex frame payload url path message error err stack context body"
  ).split(" ");
  for (const name of names) log.error("session-ended", { [name]: "secret-7f3a", records: 3 });
  expect(lines).toHaveLength(names.length);
  expect(lines.filter((line) => line.includes("secret"))).toEqual([]);
  expect(lines.every((line) => line.includes('"records":3'))).toBe(true);
});

test("what looks like a device address is blanked even in a field that may be logged", () => {
  const { log, lines } = recorded();
  log.error("failed", { reason: "connect to C8:2B:96:0A:11:FE refused" });
  log.error("failed", { reason: "/org/bluez/hci0/dev_C8_2B_96_0A_11_FE is gone" });
  expect(lines.join("")).not.toMatch(/C8.2B/);
  expect(lines[0]).toContain("connect to [address] refused");
});

test("a text is cut before it fills the disk", () => {
  const { log, lines } = recorded();
  log.error("failed", { reason: "x".repeat(100_000) });
  expect(lines[0]?.length).toBeLessThan(400);
});

test("the level can be changed while the log is in use", () => {
  const { log, lines } = recorded({ level: "warn" });
  log.info("unheard");
  log.setLevel("debug");
  log.debug("heard");
  log.setLevel("error");
  log.warn("unheard");
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('"event":"heard"');
});

test("a person at a terminal gets one readable line an event", () => {
  const { log, lines } = recorded({ pretty: true });
  log.info("session-ended", { driver: "glucose", reason: "two words", records: 3 });
  expect(lines).toEqual(['12:03:04.120 info  session-ended  driver=glucose reason="two words" records=3\n']);
});

test("colours are added only where they are shown", () => {
  const { log, lines } = recorded({ pretty: true, colour: true });
  log.error("failed", { code: "x" });
  expect(lines[0]).toContain("\u001B[31merror\u001B[39m");
});

test("no name of the allow-list could hold a person, a value, a serial or an address", () => {
  const telling =
    /person|patient|name|value|serial|address|mac$|device(?!s$)|systemid|hex|frame|payload|url|path|message/i;
  expect([...logFields].filter((name) => telling.test(name))).toEqual([]);
});

test("every field that the program gives its log by name is on the allow-list, so that none is dropped unnoticed", () => {
  const root = join(import.meta.dirname, "../../..");
  const sources = ["gateway", "cloud-sync"].flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: root }));
  const named = sources.flatMap((path) => {
    const text = readFileSync(join(root, path), "utf8");
    const calls = [...text.matchAll(/\blog\.(?:error|warn|info|debug)\([^{;$]*\{([^}]*)\}/g)];
    return calls.flatMap(([, body = ""]) =>
      [...body.matchAll(/(?:^|,)\s*(\w+)(?=\s*[:,]|\s*$)/g)].map(([, name = ""]) => ({ path, name })),
    );
  });
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter(({ name }) => !logFields.has(name))).toEqual([]);
});
