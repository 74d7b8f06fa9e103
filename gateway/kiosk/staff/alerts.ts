import type { UplinkStatus } from "../../../cloud-sync/uplink/uplink-status.ts";
import type { Backlog } from "../../../cloud-sync/uplink/outbox.ts";
import type { RadioState } from "../../collect/radio-state.ts";
import type { ClockState } from "../../collect/clock-trust.ts";
import type { DeviceBond, KnownDevice, StoreCounts } from "../../store/store.ts";
import type { StaffAlert, StaffView } from "../contract/staff-view.ts";

/** All that is looked at to say whether everything is all right. Instants in milliseconds since 1970. */
export interface Condition {
  readonly now: number;
  readonly radio: Pick<RadioState, "condition" | "silentMs">;
  readonly connection: UplinkStatus["connection"];
  /** For how long there has been no connection; 0 while there is one. */
  readonly awayMs: number;
  readonly backlog: Backlog;
  readonly counts: StoreCounts;
  /** Null where nobody says how large the file may grow. */
  readonly quotaBytes: number | null;
  readonly clock: ClockState;
  readonly certificateExpiresAt: number | null;
  /** Of the certificate that the pages are served under. */
  readonly pagesCertificateExpiresAt: number | null;
  readonly devices: readonly Pick<KnownDevice, "batteryPercent">[];
  readonly bonds: readonly Pick<DeviceBond, "state">[];
  /** What is wrong with the audit log; null if it is whole as far as it was read. */
  readonly auditFault: string | null;
}

export const limits = {
  awayMsMax: 10 * 60_000,
  awayUrgentMsMax: 24 * 3_600_000,
  waitedMsMax: 3_600_000,
  batteryPercentMin: 20,
  quotaPercentMax: 80,
  certificateMsMin: 7 * 86_400_000,
};

/** What is not as it should be, the worst first. The codes are words of the pages; `told` is for whoever has none. */
export function alertsOf(condition: Condition): readonly StaffAlert[] {
  const found = rules.flatMap((rule) => rule(condition) ?? []);
  return [...found.filter(({ level }) => level === "urgent"), ...found.filter(({ level }) => level !== "urgent")];
}

export function verdictOf(alerts: readonly StaffAlert[]): StaffView["verdict"] {
  if (alerts.some(({ level }) => level === "urgent")) return "urgent";
  return alerts.length === 0 ? "all-right" : "attention";
}

type Rule = (condition: Condition) => StaffAlert | null;

const urgent = (code: string, told: string, remedy: string): StaffAlert => ({ code, level: "urgent", told, remedy });
const attention = (code: string, told: string, remedy: string): StaffAlert => ({
  code,
  level: "attention",
  told,
  remedy,
});

const rules: readonly Rule[] = [
  ({ counts }) => {
    if (counts.alarm === null) return null;
    const why = counts.alarm === "quota" ? "its quota is used up" : "the disk is full";
    return urgent(
      "store-full",
      `No more readings are taken: ${why}.`,
      "See that what waits is delivered, or make room on the disk. The devices keep their readings meanwhile.",
    );
  },
  ({ radio }) =>
    radio.condition === "down"
      ? urgent(
          "radio-down",
          "The radio cannot be used, so no device is read.",
          "Unplug the Bluetooth adapter and plug it in again; if that does not help, run the checks.",
        )
      : null,
  ({ auditFault }) =>
    auditFault === null
      ? null
      : urgent(
          "audit-not-whole",
          `The audit log is not whole: ${auditFault}.`,
          "Leave this machine as it is, and tell whoever answers for data protection: the log was changed.",
        ),
  ({ counts }) =>
    counts.tombstones === 0
      ? null
      : urgent(
          "readings-dropped",
          `${counts.tombstones} readings were dropped undelivered, because there was no room.`,
          "Mend the connection, and give the store more room.",
        ),
  uplinkRule,
  backlogRule,
  certificateRule,
  pagesCertificateRule,
  ({ radio }) =>
    radio.condition === "silent"
      ? attention(
          "radio-silent",
          `Nothing has been heard for ${spanText(radio.silentMs)}.`,
          "Wake a device up and bring it near. If it is not heard, unplug the Bluetooth adapter and plug it in again.",
        )
      : null,
  quotaRule,
  ({ clock, counts }) =>
    clock === "trusted"
      ? null
      : attention(
          "clock-untrusted",
          `This machine's clock is not known to be right; ${counts.undated} readings wait for it.`,
          "Connect it to the network, so that its clock is set. Readings are kept, and dated then.",
        ),
  bondRule,
  ({ devices }) => {
    const low = devices.filter(
      ({ batteryPercent }) => batteryPercent !== null && batteryPercent <= limits.batteryPercentMin,
    );
    if (low.length === 0) return null;
    return attention("battery-low", `${low.length} devices have little battery left.`, "Change their batteries.");
  },
  ({ counts }) =>
    counts.held === 0
      ? null
      : attention(
          "readings-held",
          `${counts.held} readings belong to nobody yet.`,
          "Decide whose each is, or discard it. Nothing is delivered until then.",
        ),
  ({ counts }) =>
    counts.deadLetters === 0
      ? null
      : attention(
          "dead-letters",
          `${counts.deadLetters} readings were rejected by the receiving end. They are kept here.`,
          "Tell whoever looks after the fleet: `carepost readings dead-letters list` says why.",
        ),
];

function uplinkRule({ connection, awayMs }: Condition): StaffAlert | null {
  if (connection !== null || awayMs < limits.awayMsMax) return null;
  const level = awayMs >= limits.awayUrgentMsMax ? urgent : attention;
  return level(
    "uplink-away",
    `There has been no connection for ${spanText(awayMs)}.`,
    "Check the network of this place. Readings are kept, and delivered when it is back.",
  );
}

function backlogRule({ now, connection, backlog }: Condition): StaffAlert | null {
  const waitedMs = backlog.oldestUnsentAt === null ? 0 : now - backlog.oldestUnsentAt;
  if (connection === null || waitedMs < limits.waitedMsMax) return null;
  return attention(
    "backlog-old",
    `${backlog.waiting} readings wait, the oldest for ${spanText(waitedMs)}, although there is a connection.`,
    "Tell whoever looks after the fleet: the receiving end may not answer.",
  );
}

function certificateRule({ now, certificateExpiresAt }: Condition): StaffAlert | null {
  if (certificateExpiresAt === null || certificateExpiresAt - now > limits.certificateMsMin) return null;
  const remedy = "Tell whoever looks after the fleet: it renews itself, and that has failed for days.";
  if (certificateExpiresAt <= now)
    return urgent("certificate-expired", "This gateway's certificate has expired.", remedy);
  return attention("certificate-expiring", `The certificate ends in ${spanText(certificateExpiresAt - now)}.`, remedy);
}

function pagesCertificateRule({ now, pagesCertificateExpiresAt: expiresAt }: Condition): StaffAlert | null {
  if (expiresAt === null || expiresAt - now > limits.certificateMsMin) return null;
  const remedy = "Tell whoever looks after the fleet: put a new certificate and key in the place of the old ones.";
  if (expiresAt <= now)
    return attention("pages-certificate-expired", "The certificate of this page has expired.", remedy);
  const told = `The certificate of this page ends in ${spanText(expiresAt - now)}.`;
  return attention("pages-certificate-expiring", told, remedy);
}

function quotaRule({ counts, quotaBytes }: Condition): StaffAlert | null {
  if (quotaBytes === null || counts.alarm !== null) return null;
  const percent = Math.round((counts.fileBytes / quotaBytes) * 100);
  if (percent <= limits.quotaPercentMax) return null;
  return attention(
    "store-nearly-full",
    `The store has used ${percent} % of its quota.`,
    "See that what waits is delivered; then older readings make room by themselves.",
  );
}

function bondRule({ bonds }: Condition): StaffAlert | null {
  const lost = bonds.filter(({ state }) => state === "lost").length;
  if (lost === 0) return null;
  return attention(
    "bond-lost",
    `${lost} devices no longer accept the key that they were paired with.`,
    "Pair them again: usually their batteries were changed, or they were paired with a phone.",
  );
}

/** A span as a person would say it. */
export function spanText(durationMs: number): string {
  const minutes = Math.round(durationMs / 60_000);
  if (minutes < 2) return `${Math.max(1, Math.round(durationMs / 1000))} s`;
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}
