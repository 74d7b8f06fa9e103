import { openSync, closeSync, readFileSync, statSync, writeSync } from "node:fs";
import { z } from "zod";
import { fromHex, toHex } from "../../device-drivers/kit/hex.ts";
import { decodeText } from "../../device-drivers/kit/text.ts";
import type { GattCharacteristic } from "../../device-drivers/ports/gatt.ts";
import {
  sessionFileBytesMax,
  sessionFixtureFormat,
  sessionStepsMax,
} from "../../device-drivers/ports/session-fixture.ts";
import type { SessionFixture, SessionStep } from "../../device-drivers/ports/session-fixture.ts";
import type { CapturedSession } from "./capture-session.ts";
import { captureErrors } from "./capture-error.ts";
import { scrubSession } from "./scrub.ts";
import type { ScrubbedSession } from "./scrub.ts";
import { shiftDates } from "./shift-dates.ts";

export interface FixtureOptions {
  /** Moves every date by so many days. */
  readonly shiftDays: number;
  /** Keeps the identity, all but the address. */
  readonly raw: boolean;
  readonly version: string;
  readonly radio: string;
}

/**
 * The fixture of a captured session.
 * @throws CarepostError `capture-identity-left` or `capture-shift-too-far`
 */
export function fixtureOf(session: CapturedSession, options: FixtureOptions): SessionFixture {
  const { name, manufacturerData, steps, scrubbed } = options.raw ? withIdentity(session) : scrubSession(session);
  const shifted = shiftDates(steps, options.shiftDays);
  const device = [readTextOf(steps, "2A29"), readTextOf(steps, "2A24")].filter((text) => text !== "").join(" ");
  const profile = session.driver ?? "unknown";
  return {
    format: sessionFixtureFormat,
    id: `capture-${slug(`${profile} ${device}`)}`,
    profile,
    device,
    characteristic: "session",
    kind: "session",
    advertisement: {
      name,
      address_kind: session.addressKind,
      services: session.advertisement.services,
      manufacturer_data: manufacturerData,
      appearance: appearanceOf(steps),
    },
    bonded: session.bonded,
    gatt: session.characteristics.map(plainCharacteristic),
    session: shifted,
    expected: { records: session.records },
    scrubbed,
    dates_shifted: options.shiftDays !== 0,
    outcome: session.failure?.code ?? "complete",
    source: { tool: "carepost capture", version: options.version, radio: options.radio },
  };
}

/** As people and version control want to read it: a line for each step. */
export function fixtureText(fixture: SessionFixture): string {
  const lines = Object.entries(fixture).map(([key, value]) => {
    if (!Array.isArray(value) || value.length === 0) return `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`;
    const items = value.map((item) => `    ${JSON.stringify(item)}`).join(",\n");
    return `  ${JSON.stringify(key)}: [\n${items}\n  ]`;
  });
  return `{\n${lines.join(",\n")}\n}\n`;
}

/**
 * Writes it to a new file; an older capture is never written over.
 * @throws CarepostError `capture-unwritable`, or `capture-full` if it is larger than a fixture may be
 */
export function writeFixture(path: string, fixture: SessionFixture): void {
  const bytes = Buffer.from(fixtureText(fixture));
  // A device that lies may declare and send what no device can: better no file than one that nobody can read.
  if (bytes.length > sessionFileBytesMax || !sessionFixture.safeParse(fixture).success) {
    throw captureErrors.make("capture-full", "the device told or sent more than a capture can hold");
  }
  try {
    const file = openSync(path, "wx", 0o600);
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw captureErrors.make("capture-unwritable", `${path} cannot be written, or is there already`, { cause: error });
  }
}

/** @throws CarepostError `capture-unreadable` */
export function readFixture(path: string): SessionFixture {
  try {
    if (statSync(path).size > sessionFileBytesMax) throw new RangeError(`It has over ${sessionFileBytesMax} bytes.`);
    return sessionFixture.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    throw captureErrors.make("capture-unreadable", `this is no capture: ${path}`, { cause: error });
  }
}

function withIdentity({ advertisement, steps }: CapturedSession): ScrubbedSession {
  const manufacturerData = Object.fromEntries(
    Object.entries(advertisement.manufacturerData ?? {}).map(([company, value]) => [company, toHex(value)]),
  );
  return { name: advertisement.name, manufacturerData, steps, scrubbed: [] };
}

function readTextOf(steps: readonly SessionStep[], uuid: string): string {
  const step = steps.find(({ op, char, hex }) => op === "read" && char === uuid && hex !== undefined);
  const decoded = decodeText(fromHex(step?.hex ?? "") ?? new Uint8Array());
  return decoded.ok ? decoded.value.trim().slice(0, 128) : "";
}

function appearanceOf(steps: readonly SessionStep[]): number | null {
  const step = steps.find(({ op, char }) => op === "read" && char === "2A01");
  const value = fromHex(step?.hex ?? "");
  return value?.length === 2 ? (value[0] ?? 0) + 256 * (value[1] ?? 0) : null;
}

/** An adapter's own object may carry more than the port names. */
const plainCharacteristic = ({ service, uuid, handle, properties }: GattCharacteristic): GattCharacteristic => ({
  service,
  uuid,
  handle,
  properties,
});

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");

const uuid = z.string().regex(/^(?:[0-9A-F]{4}|[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12})$/);
const hex = z.string().regex(/^(?:[0-9A-F]{2}){0,600}$/);
const code = z.string().max(64);

const step = z.strictObject({
  op: z.enum(["read", "write", "cccd", "notify", "indicate", "idle", "disconnect"]),
  at_ms: z.int().min(0).exactOptional(),
  char: uuid.exactOptional(),
  handle: z.int().exactOptional(),
  hex: hex.exactOptional(),
  att_error: z.int().min(0).max(255).exactOptional(),
  failed: code.exactOptional(),
  value: z.enum(["notify", "indicate", "off"]).exactOptional(),
  by: z.enum(["device", "gateway"]).exactOptional(),
  seconds: z.number().min(0).exactOptional(),
});

const sessionFixture: z.ZodType<SessionFixture> = z.strictObject({
  format: z.literal(sessionFixtureFormat),
  id: z.string().min(1).max(300),
  profile: z.string().max(64),
  device: z.string().max(300),
  characteristic: z.literal("session"),
  kind: z.literal("session"),
  advertisement: z.strictObject({
    name: z.string().max(248).nullable(),
    address_kind: z.enum(["public", "random-static", "random-private"]),
    services: z.array(uuid).max(64),
    manufacturer_data: z.record(z.string().regex(/^\d{1,5}$/), hex),
    appearance: z.int().min(0).max(0xffff).nullable(),
  }),
  bonded: z.boolean(),
  gatt: z
    .array(
      z.strictObject({
        service: uuid,
        uuid,
        handle: z.int(),
        properties: z.array(z.enum(["read", "write", "write-without-response", "notify", "indicate"])).max(8),
      }),
    )
    .max(1_024),
  session: z.array(step).max(sessionStepsMax),
  expected: z.strictObject({ records: z.int().min(0) }),
  scrubbed: z.array(
    z.strictObject({
      what: z.enum(["address", "serial-number", "system-id", "name", "device-identifier", "user-data"]),
      where: z.string().max(64),
      times: z.int().min(1),
    }),
  ),
  dates_shifted: z.boolean(),
  outcome: code,
  source: z.strictObject({ tool: z.literal("carepost capture"), version: z.string(), radio: z.string() }),
});
