import { arch, freemem, platform, release, totalmem } from "node:os";
import type { Backlog } from "../../cloud-sync/uplink/outbox.ts";
import type { UplinkStatus } from "../../cloud-sync/uplink/uplink-status.ts";
import type { RadioState } from "../collect/radio-state.ts";
import type { ConfigEntry } from "../config/print-config.ts";
import type { DeviceBond, KnownDevice, StoreCounts } from "../store/store.ts";
import type { Examined } from "./doctor.ts";
import type { LogRing } from "./log-ring.ts";
import type { Redact } from "./redact.ts";

/** What a support bundle is made from. */
export interface SupportFacts {
  readonly at: number;
  readonly gateway: string;
  readonly version: string;
  readonly configuration: readonly ConfigEntry[];
  readonly checks: readonly Examined[];
  /** Null where there is no store to look into. */
  readonly store: {
    readonly counts: StoreCounts;
    readonly backlog: Backlog;
    readonly devices: readonly KnownDevice[];
    readonly bonds: readonly DeviceBond[];
    /** How many people, assignments that stand, and entries of the audit log there are. */
    readonly people: number;
    readonly assignments: number;
    readonly auditEntries: number;
  } | null;
  /** Of the gateway that writes it; null where another program does. */
  readonly running: {
    readonly radio: RadioState;
    readonly pairing: readonly string[];
    readonly uplink: UplinkStatus;
    readonly clock: "trusted" | "untrusted";
    /** Devices in range, by the driver that reads them; `none` for those that none does. Null where nobody listened. */
    readonly near: Readonly<Record<string, number>> | null;
    readonly log: Pick<LogRing, "lines" | "codes">;
  } | null;
}

/**
 * One text that helps whoever helps, and tells of nobody: no person, value, address, serial number, name or place. What
 * is in it is chosen, field by field; texts that come from outside go through `redact` besides.
 */
export function supportBundle(facts: SupportFacts, redact: Redact): string {
  const { at, gateway, version, running } = facts;
  const bundle = {
    about:
      "Carepost support bundle. It holds versions, settings without secrets and places, counts, the outcome of checks, and log lines. It holds no person, no measured value, no address, no serial number and no name of a device.",
    at: new Date(at).toISOString(),
    gateway,
    version,
    program: programFacts(),
    checks: facts.checks.map(({ check, status, code, durationMs }) => ({
      check,
      status,
      code: code ?? null,
      durationMs,
    })),
    configuration: Object.fromEntries(facts.configuration.map((entry) => [entry.key, shownSetting(entry)])),
    store: facts.store === null ? null : storeFacts(facts.store, { at, redact }),
    running:
      running === null
        ? null
        : {
            clock: running.clock,
            radio: radioFacts(running.radio, running.pairing),
            uplink: running.uplink,
            near: running.near,
            errors: running.log.codes(),
            log: running.log.lines().map(redact),
          },
  };
  return `${JSON.stringify(bundle, null, 2)}\n`;
}

const mebibytes = (bytes: number): number => Math.round(bytes / 2 ** 20);

function programFacts(): object {
  const { rss, heapUsed, external } = process.memoryUsage();
  return {
    node: process.versions.node,
    platform: platform(),
    release: release(),
    arch: arch(),
    uptimeS: Math.round(process.uptime()),
    memoryMiB: { rss: mebibytes(rss), heap: mebibytes(heapUsed), external: mebibytes(external) },
    machineMiB: { free: mebibytes(freemem()), total: mebibytes(totalmem()) },
  };
}

/** Texts that can name no place, secret or person. Of every other it is told that it is set, and no more. */
const plainTexts: ReadonlySet<string> = new Set([
  "gateway.id",
  "gateway.timeZone",
  "radio.kind",
  "radio.noblePackage",
  "store.whenFull",
  "collect.devices",
  "uplink.dialect",
  "uplink.protocol",
  "uplink.envelope",
  "uplink.acknowledge",
  "log.level",
  "profile",
  "kiosk.pages",
  "kiosk.languages",
  "kiosk.glucoseUnit",
  "kiosk.emergencyNumber",
]);

function shownSetting({ key, value, source }: ConfigEntry): { readonly value: unknown; readonly isDefault: boolean } {
  const isPlain = value === null || typeof value === "number" || typeof value === "boolean" || plainTexts.has(key);
  return { value: isPlain ? value : "(set)", isDefault: source === "default" };
}

function radioFacts({ adapter, adapters, ...state }: RadioState, pairing: readonly string[]): object {
  // An adapter that is named by its address is told as "by-address" already; a path would be a place.
  const named = (name: string): string => (/^[a-z]{1,16}\d{0,3}$/.test(name) ? name : "(set)");
  const others = adapters.map(({ adapter: name, trouble }) => ({ adapter: named(name), trouble }));
  return { ...state, adapter: named(adapter), adapters: others, pairing };
}

type StoreFacts = NonNullable<SupportFacts["store"]>;

function storeFacts(
  { counts, backlog, devices, bonds, people, assignments, auditEntries }: StoreFacts,
  { at, redact }: { readonly at: number; readonly redact: Redact },
): object {
  const oldestWaitsS = backlog.oldestUnsentAt === null ? null : Math.round((at - backlog.oldestUnsentAt) / 1000);
  const text = (said: string | null): string | null => (said === null ? null : redact(said).slice(0, 48));
  return {
    counts,
    waiting: backlog.waiting,
    oldestWaitsS,
    people,
    assignments,
    auditEntries,
    devices: devices.slice(0, 256).map((device) => {
      const bond = bonds.find(({ deviceId }) => deviceId === device.id);
      return {
        driver: device.driver,
        manufacturer: text(device.manufacturer),
        model: text(device.model),
        firmware: text(device.firmware),
        batteryPercent: device.batteryPercent,
        clockOffsetS: device.clockOffsetMs === null ? null : Math.round(device.clockOffsetMs / 1000),
        lastSeenHoursAgo: Math.round((at - device.lastSeenAt) / 3_600_000),
        bond: bond === undefined ? null : { state: bond.state, method: bond.method, forgetsKey: bond.forgetsKey },
      };
    }),
    bonds: { bonded: countOf(bonds, "bonded"), lost: countOf(bonds, "lost"), none: countOf(bonds, "none") },
  };
}

const countOf = (bonds: readonly DeviceBond[], state: DeviceBond["state"]): number =>
  bonds.filter((bond) => bond.state === state).length;
