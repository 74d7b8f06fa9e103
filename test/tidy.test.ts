import { readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";
import { filesOf } from "./tidy/files.ts";
import { functionLengths, importsOf } from "./tidy/source.ts";

/** What the linters cannot say, said by a test. Each failure names the place, what is wrong and what to do instead. */
const root = join(import.meta.dirname, "..");
const folders = ["device-drivers", "cloud-sync", "gateway", "simulators", "test"];
const fileLinesMax = 300;
const functionLinesMax = 70;

const files = folders.flatMap((folder) => filesOf(join(root, folder))).map((path) => relative(root, path));
const sources = files.filter((path) => /\.(?:ts|tsx|mjs)$/.test(path));
const texts = new Map(sources.map((path) => [path, readFileSync(join(root, path), "utf8")]));

test("each heavy package is imported by exactly one file or folder", () => {
  const homes: Readonly<Record<string, RegExp>> = {
    mqtt: /^cloud-sync\/mqtt\//,
    aedes: /^cloud-sync\/ingest\/embedded-broker[a-z-]*\.ts$/,
    "better-sqlite3": /^cloud-sync\/sqlite\//,
    "@peculiar/x509": /^cloud-sync\/identity\//,
    "reflect-metadata": /^cloud-sync\/identity\//,
    postgres: /^cloud-sync\/ingest\/sinks\/postgres\//,
    "@nats-io/transport-node": /^cloud-sync\/ingest\/nats\//,
    "@nats-io/jetstream": /^cloud-sync\/ingest\/nats\//,
    fastify: /^(?:cloud-sync\/(?:http|identity|ingest\/operator)|gateway\/kiosk\/http)\//,
    "@fastify/helmet": /^cloud-sync\/(?:http|identity)\//,
    "@fastify/rate-limit": /^cloud-sync\/(?:http|identity)\//,
    "prom-client": /^(?:cloud-sync\/ingest\/operator\/ingest-metrics|gateway\/ops\/metrics)\.ts$/,
    pino: /^gateway\/ops\/log\.ts$/,
    commander: /^gateway\/cli\//,
    preact: /^gateway\/kiosk\/web\//,
    uplot: /^gateway\/kiosk\/web\//,
    uqr: /^gateway\/kiosk\/web\//,
    vite: /^gateway\/kiosk\/web\//,
    yaml: /^(?:gateway\/config|simulators\/scenario)\//,
    "node-ble": /^gateway\/radio\/bluez\//,
    "dbus-next": /^(?:gateway\/radio|simulators)\/bluez\//,
    "@stoprocent/noble": /^gateway\/radio\/noble\//,
    "@abandonware/noble": /^gateway\/radio\/noble\//,
  };
  const strays: string[] = [];
  const seen = new Set<string>();
  for (const [path, text] of texts) {
    for (const { specifier, line } of importsOf(text)) {
      const home = homes[specifier];
      if (home === undefined || path.startsWith("test/")) continue;
      seen.add(specifier);
      if (!home.test(path)) strays.push(`${path}:${line}: imports ${specifier} — only ${home.source} may`);
    }
  }
  expect(strays).toEqual([]);
  expect([...seen].toSorted()).toEqual(Object.keys(homes).toSorted());
});

test("the arrows between the folders hold, and nothing imports the tests", () => {
  const mayImport: Readonly<Record<string, readonly string[]>> = {
    "device-drivers": ["device-drivers"],
    "cloud-sync": ["cloud-sync", "device-drivers"],
    simulators: ["simulators", "device-drivers", "cloud-sync"],
    gateway: ["gateway", "cloud-sync", "device-drivers"],
    test: folders,
  };
  const against: string[] = [];
  for (const [path, text] of texts) {
    const from = path.split("/")[0] ?? "";
    for (const { specifier, line } of importsOf(text)) {
      if (!specifier.startsWith(".")) continue;
      const to = relative(root, join(root, dirname(path), specifier)).split("/")[0] ?? "";
      if (mayImport[from]?.includes(to) !== true) against.push(`${path}:${line}: ${from} must not import ${to}`);
    }
  }
  expect(against).toEqual([]);
});

test("every profile has its codec, its checklist, and tests", () => {
  const profiles = join(root, "device-drivers/profiles");
  const incomplete: string[] = [];
  for (const profile of readdirSync(profiles)) {
    const own = readdirSync(join(profiles, profile));
    const tested = files.some((path) => path.startsWith(`test/device-drivers/profiles/${profile}/`));
    if (!own.includes("README.md")) incomplete.push(`${profile}: no README.md with the device checklist`);
    if (!own.some((name) => name.endsWith("codec.ts"))) incomplete.push(`${profile}: no codec`);
    if (!tested) incomplete.push(`${profile}: no test in test/device-drivers/profiles/${profile}`);
  }
  expect(incomplete).toEqual([]);
});

test("every folder of the five, and each of their own folders, says what it is for", () => {
  const silent = folders
    .flatMap((folder) => [folder].concat(childFolders(folder)))
    .filter((folder) => !folder.startsWith("test/") && !readdirSync(join(root, folder)).includes("README.md"))
    .filter((folder) => !/^device-drivers\/profiles$/.test(folder));
  expect(silent).toEqual([]);
});

test("no file and no function is longer than its cap", () => {
  const long: string[] = [];
  for (const [path, text] of texts) {
    const lines = codeLines(text.split("\n"));
    if (lines > fileLinesMax) long.push(`${path}: ${lines} lines of code — split it, the cap is ${fileLinesMax}`);
    for (const { name, line, lines: length } of functionLengths(text, path)) {
      if (length > functionLinesMax)
        long.push(`${path}:${line}: ${name} has ${length} lines — the cap is ${functionLinesMax}`);
    }
  }
  expect(long).toEqual([]);
});

test("no banned word is used", () => {
  const banned: readonly (readonly [RegExp, string])[] = [
    [/\bTO[D]O\b|\bFIX[M]E\b|\bXX[X]\b/, "finish it, or say plainly in the README what is not there"],
    [/\bas an[y]\b/, "a type, or `unknown` and a check"],
    [/@ts-(?:ignor[e]|nochec[k]|expect-erro[r])/, "a correct type"],
    [/oxlint-disabl[e]|eslint-disabl[e]/, "code that the rule accepts"],
    [/\b(?:test|it|describe)\.(?:onl[y]|ski[p])\(/, "a test that always runs, or none"],
    [/\bv8 ignor[e]|istanbul ignor[e]/, "a test"],
  ];
  const found = [...texts].flatMap(([path, text]) =>
    banned.flatMap(([pattern, instead]) =>
      linesMatching(text, pattern).map((line) => `${path}:${line}: ${pattern.source} — use ${instead}`),
    ),
  );
  expect(found).toEqual([]);
});

test("no file or folder is named for being nothing in particular", () => {
  const vague = files.filter((path) =>
    /(?:^|\/)(?:utils?|helpers?|common|misc|types|index)(?:\.[a-z]+)?(?:\/|$)/.test(path),
  );
  expect(vague).toEqual([]);
});

test("error codes are unique over the whole project, and each tells the operator what to do", () => {
  const owners = new Map<string, string>();
  const wrong: string[] = [];
  for (const [path, text] of texts) {
    if (path.startsWith("test/") || !text.includes("defineErrors({")) continue;
    const table = text.slice(text.indexOf("defineErrors({"));
    for (const [, quoted, plain] of table.matchAll(/^ {2}(?:"([a-z0-9-]+)"|([a-z0-9]+)): \{$/gm)) {
      const code = quoted ?? plain ?? "";
      const owner = owners.get(code);
      if (owner !== undefined && owner !== path) wrong.push(`${path}: code ${code} belongs to ${owner} already`);
      owners.set(code, path);
    }
  }
  expect(wrong).toEqual([]);
  expect(owners.size).toBeGreaterThan(20);
});

function childFolders(folder: string): readonly string[] {
  return readdirSync(join(root, folder))
    .filter((name) => statSync(join(root, folder, name)).isDirectory())
    .map((name) => `${folder}/${name}`);
}

function linesMatching(text: string, pattern: RegExp): readonly number[] {
  return text.split("\n").flatMap((line, index) => (pattern.test(line) ? [index + 1] : []));
}

function codeLines(lines: readonly string[]): number {
  return lines.filter((line) => !/^\s*(?:$|\/\/|\*|\/\*)/.test(line)).length;
}
