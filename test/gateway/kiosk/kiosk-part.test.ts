import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { PageTls } from "../../../cloud-sync/http/page-certificate.ts";
import { readKioskPages } from "../../../gateway/kiosk/http/kiosk-pages.ts";
import type { KioskOptions } from "../../../gateway/kiosk/kiosk-options.ts";
import { kioskPart } from "../../../gateway/kiosk/kiosk-part.ts";
import { tellVisits } from "../../../gateway/kiosk/visit-moments.ts";
import type { GatewayEvent } from "../../../gateway/gateway-event.ts";
import { scriptedVisitDesk } from "../../doubles/scripted-visit-desk.ts";

const options: KioskOptions = {
  pages: "kiosk",
  host: "127.0.0.1",
  port: 0,
  names: [],
  tls: null,
  pins: null,
  staffIdleMs: 600_000,
  staffSessionMs: 28_800_000,
  languages: ["en"],
  glucoseUnit: "mg/dL",
  emergencyNumber: "911",
  consentFile: null,
  rangesFile: null,
  idleWarnMs: 60_000,
  idleEndMs: 30_000,
  isDemo: false,
};
const answers = (): never => {
  throw new Error("nothing runs here");
};

test("beyond this machine no kiosk is served without both TLS and staff, and no sign-in without TLS", async () => {
  const tls = new PageTls(() => ({ cert: "", key: "" }));
  for (const more of [{}, { tls }, { pins: "counter-1:hash" }, { pages: "hub", pins: "counter-1:hash" } as const]) {
    const open = { ...options, host: "192.0.2.1", ...more };
    await expect(kioskPart(open, { answers })).rejects.toMatchObject({ code: "kiosk-open" });
  }
});

test("pages that were not built are told with what builds them, before anything runs", async () => {
  const folder = mkdtempSync(join(tmpdir(), "carepost-pages-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const missing = { code: "kiosk-page-missing", remedy: expect.stringContaining("npm run build") };
  await expect(readKioskPages("kiosk", join(folder, "none"))).rejects.toMatchObject(missing);
  writeFileSync(join(folder, "kiosk.html"), "<!doctype html>");
  await expect(readKioskPages("kiosk", folder)).rejects.toMatchObject(missing);
  writeFileSync(join(folder, "staff.html"), "<!doctype html>");
  writeFileSync(join(folder, "notes.txt"), "not of the pages");
  expect([...(await readKioskPages("kiosk", folder)).keys()].toSorted()).toEqual(["/", "/staff"]);
  await expect(readKioskPages("hub", folder)).rejects.toMatchObject(missing);
});

test("how far a visit is told once for each step, and of whose it is nothing", async () => {
  const desk = scriptedVisitDesk();
  const told: GatewayEvent[] = [];
  const end = tellVisits(desk, (event) => told.push(event));
  const visit = await desk.begin({ person: "sim-0007", language: "en" });
  visit.touch();
  await visit.chooseKind("blood-glucose-meter");
  await visit.end("cancelled");
  desk.forget();
  end();
  await desk.begin({ person: null, language: "en" });
  expect(told).toEqual([
    { type: "visit", step: "consent", kind: null, device: null },
    { type: "visit", step: "consent", kind: "blood-glucose-meter", device: null },
    { type: "visit", step: null, kind: null, device: null },
  ]);
});

test("a gateway without pages loads neither their server nor the desks", () => {
  const root = join(import.meta.dirname, "../../..");
  const loaded = loadedBy(join(root, "gateway/cli/commands/gateway.ts"));
  for (const entry of ["gateway/run-gateway.ts", "gateway/operate-gateway.ts"]) loadedBy(join(root, entry), loaded);
  const paths = [...loaded].map((path) => relative(root, path));
  expect(paths).toContain("gateway/store/sqlite-store.ts");
  expect(
    paths.filter((path) => /kiosk-(?:server|part)|create-(?:visit|staff)-desk|cloud-sync\/http|fastify/.test(path)),
  ).toEqual([]);
});

/** The files that are loaded with this one: what it imports as values, and what those do. */
function loadedBy(path: string, found = new Set<string>()): Set<string> {
  if (found.has(path)) return found;
  found.add(path);
  if (!path.endsWith(".ts")) return found;
  for (const [, specifier = ""] of readFileSync(path, "utf8").matchAll(
    /^(?:import|export) (?!type )[^;"']*?from "([^"]+)"/gm,
  )) {
    loadedBy(specifier.startsWith(".") ? join(dirname(path), specifier) : specifier, found);
  }
  return found;
}
