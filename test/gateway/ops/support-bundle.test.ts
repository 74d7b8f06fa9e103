import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { packedCharsMax, unpackText } from "../../../cloud-sync/contract/packed-text.ts";
import { createVirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { seededRandom } from "../../../simulators/random.ts";
import { bloodPressure } from "../../cloud-sync/ingest/sample-readings.ts";
import { loadGatewayConfig, type ConfigOrigin } from "../../../gateway/config/load-config.ts";
import { machineAnswers } from "../../../gateway/kiosk/staff/machine-answers.ts";
import { bundleForCloud, packedBundle } from "../../../gateway/ops/bundle-for-cloud.ts";
import { bundleOfGateway } from "../../../gateway/ops/bundle-of-gateway.ts";
import { bundleOfMachine } from "../../../gateway/ops/bundle-of-machine.ts";
import { createLog } from "../../../gateway/ops/log.ts";
import { createLogRing } from "../../../gateway/ops/log-ring.ts";
import { redacting } from "../../../gateway/ops/redact.ts";
import { openStore } from "../../../gateway/store/sqlite-store.ts";
import type { Store } from "../../../gateway/store/store.ts";
import { systemClock } from "../../../gateway/system-clock.ts";
import { consentOf, deviceRow, giveConsent, staffRig } from "../kiosk/staff/staff-rig.ts";
import { temporaryFolder } from "../store/store-rig.ts";

/** Whatever would name somebody or something, each recognisable by its text. */
const secrets = {
  person: "secret-person-7f3a",
  consent: "secret-consent-91",
  assignment: "secret-assignment-17",
  deviceId: "secret-device-55",
  name: "Secretname of a cuff",
  serial: "SECRETSERIAL42",
  address: "C0:FF:EE:12:34:56",
  systemId: "C0FFEEFFFE123456",
  fingerprint: "f00dfacef00dface",
  systolic: "197.13577",
  host: "secret-broker.localhost",
  folder: "secret-folder",
};

/** A machine whose store and configuration hold all of them. */
async function machine(): Promise<{ readonly origin: ConfigOrigin; readonly path: string }> {
  const folder = temporaryFolder();
  const path = join(folder, `${secrets.folder}.db`);
  const file = join(folder, "carepost.yaml");
  writeFileSync(
    file,
    [
      "gateway: { id: gw-0001, timeZone: UTC }",
      `store: { path: ${path} }`,
      `radio: { kind: virtual, socket: ${join(folder, `${secrets.folder}.sock`)} }`,
      `uplink: { url: "mqtts://${secrets.host}:1" }`,
    ].join("\n"),
  );
  const store = await openStore({ path, key: null, clock: systemClock, thread: "inline" });
  await fill(store);
  await store.close();
  return { origin: { path: file, environment: {}, folder, flags: [] }, path };
}

async function fill(store: Store): Promise<void> {
  const { deviceId, name, serial, address, systemId, person, consent, assignment, fingerprint } = secrets;
  const model = `Cuff ${serial}`;
  await store.saveDevice(deviceRow(deviceId, { name, serial, address, systemId, model }));
  await store.saveBond({
    address,
    deviceId,
    name,
    serial,
    fingerprint,
    model: null,
    state: "lost",
    since: 0,
    method: "just-works",
    forgetsKey: false,
  });
  await giveConsent(store, consentOf(person, { id: consent }));
  await store.saveAssignment({
    id: assignment,
    deviceId,
    person,
    consent,
    userSlot: null,
    fromAt: 0,
    untilAt: null,
    source: "local",
  });
  const sample = bloodPressure(1);
  const reading = {
    ...sample,
    person,
    device: { ...sample.device, id: deviceId, serial },
    systolic: { value: secrets.systolic, unit: "mmHg" as const },
  };
  await store.add({ reading, lane: "fresh", disposition: "deliver", bootId: "boot-1", receivedMonotonicMs: 0 });
}

const bundle = z.looseObject({
  gateway: z.literal("gw-0001"),
  checks: z
    .array(
      z.strictObject({ check: z.string(), status: z.string(), code: z.string().nullable(), durationMs: z.number() }),
    )
    .min(5),
  configuration: z.record(z.string(), z.strictObject({ value: z.unknown(), isDefault: z.boolean() })),
  store: z.looseObject({
    counts: z.looseObject({ readings: z.literal(1) }),
    people: z.literal(1),
    devices: z.array(z.looseObject({})).length(1),
  }),
});

function expectNoSecret(text: string): void {
  for (const secret of Object.values(secrets)) expect(text).not.toContain(secret);
  expect(text).not.toContain("127.0.0.1");
}

test("a support bundle of a machine full of secrets tells what helps, and none of them", async () => {
  const { origin } = await machine();
  const text = await bundleOfMachine(origin, { version: "test", clock: systemClock });
  const told = bundle.parse(JSON.parse(text));
  expect(told.configuration).toMatchObject({
    "uplink.url": { value: "(set)", isDefault: false },
    "store.path": { value: "(set)", isDefault: false },
    "radio.kind": { value: "virtual", isDefault: false },
    "store.quotaMiB": { value: 8192, isDefault: true },
  });
  expect(told.store.devices).toMatchObject([{ driver: "blood-pressure", bond: { state: "lost" } }]);
  expectNoSecret(text);
});

test("the bundle of a running gateway tells of its radio, its delivery and its log besides, and of nobody", async () => {
  const { origin } = await machine();
  const ring = createLogRing();
  const rig = await staffRig({ gateway: { prepare: fill } });
  const log = createLog({
    level: "info",
    pretty: false,
    colour: false,
    now: () => 0,
    write: () => undefined,
    keep: (line) => ring.keep(line),
  });
  log.warn("connect-failed", { code: "broker-unreachable", reason: `no route to ${secrets.host}` });
  log.warn("session-failed", { code: "link-lost", reason: `${secrets.name} at ${secrets.address} left` });
  log.warn("session-failed", { code: "link-lost", person: secrets.person, value: secrets.systolic });
  const answers = machineAnswers(rig.sources, { origin, loaded: loadGatewayConfig(origin), log: ring });
  const text = await answers.bundle({ none: 2 }, AbortSignal.timeout(30_000));
  const { running } = z.looseObject({ running: z.looseObject({ log: z.array(z.string()) }) }).parse(JSON.parse(text));
  expect(running).toMatchObject({
    clock: "trusted",
    radio: { condition: expect.any(String), repairs: {} },
    uplink: { counts: expect.any(Object) },
    near: { none: 2 },
    errors: [
      { code: "link-lost", count: 2 },
      { code: "broker-unreachable", count: 1 },
    ],
  });
  expect(running.log).toHaveLength(3);
  expectNoSecret(text);
});

test("the cloud gets the same in one message, audited as its deed, at most once in ten minutes", async () => {
  const { origin } = await machine();
  const ring = createLogRing();
  ring.keep(`{"event":"session-failed","reason":"${secrets.name} at ${secrets.address} left"}`);
  const { sources } = await staffRig({ gateway: { prepare: fill } });
  const parts = { origin, loaded: loadGatewayConfig(origin), log: ring };
  const make = (signal: AbortSignal): Promise<string> => bundleOfGateway(sources, parts, { near: null, signal });
  const clock = createVirtualClock(0);
  const ask = bundleForCloud({ ...sources, clock, make });
  const packed = await ask();
  expect(packed.isWhole).toBe(true);
  const text = unpackText(packed) ?? "";
  expect(bundle.parse(JSON.parse(text))).toMatchObject({ running: { near: null, log: [expect.any(String)] } });
  expectNoSecret(text);
  expectNoSecret(JSON.stringify(packed));
  const audited = await sources.store.auditEntries({ limit: 100, afterSeq: 0 });
  expect(audited.filter(({ action }) => action === "support-bundle-made")).toMatchObject([{ actor: "cloud" }]);
  await expect(ask()).rejects.toMatchObject({ code: "support-bundle-too-soon" });
  await clock.advance(600_000);
  await ask();
});

test("what is too large for a message is cut to its latest log lines, and says so", () => {
  const random = seededRandom(7);
  const noise = (): string => Array.from({ length: 1_000 }, () => Math.floor(random() * 36).toString(36)).join("");
  const log = Array.from({ length: 400 }, (_, number) => `${number} ${noise()}`);
  const whole = { gateway: "gw-1", store: { devices: [1, 2, 3] }, running: { clock: "trusted", log } };
  const packed = packedBundle(JSON.stringify(whole));
  expect(packed).toMatchObject({ isWhole: false });
  expect(packed.data.length).toBeLessThanOrEqual(packedCharsMax);
  expect(JSON.parse(unpackText(packed) ?? "")).toEqual({
    gateway: "gw-1",
    leftOut: { logLines: 350, devices: 0 },
    store: whole.store,
    running: { clock: "trusted", log: log.slice(-50) },
  });
  const hopeless = { ...whole, checks: log };
  expect(() => packedBundle(JSON.stringify(hopeless))).toThrow("fits no message");
});

test("what is made of addresses, paths and links is taken out of a text though nobody knew of it", () => {
  const redact = redacting(["abc"]);
  expect(redact("from AA:BB:CC:DD:EE:FF and dev_AA_BB_CC_DD_EE_FF")).toBe("from [removed] and dev_[removed]");
  expect(redact("open /var/lib/carepost/key.pem at https://host.example/x?y and 10.1.2.3")).toBe(
    "open [removed] at [removed] and [removed]",
  );
  expect(redact("abc stays: three letters are in every word")).toBe("abc stays: three letters are in every word");
});

test("the ring of log lines keeps the latest, and counts codes of all", () => {
  const ring = createLogRing();
  for (let number = 0; number < 1_000; number += 1) ring.keep(`{"event":"e","code":"c-${number % 2}","n":${number}}\n`);
  expect(ring.lines()).toHaveLength(400);
  expect(ring.lines().at(-1)).toContain('"n":999');
  expect(ring.lines()[0]).toContain('"n":600');
  expect(ring.codes()).toEqual([
    { code: "c-0", count: 500 },
    { code: "c-1", count: 500 },
  ]);
});
