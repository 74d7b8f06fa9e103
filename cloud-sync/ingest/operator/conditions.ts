import type { ConditionName, Severity } from "./fleet-api.ts";

export interface Condition {
  readonly name: ConditionName;
  readonly title: string;
  readonly severity: Severity;
  readonly remedy: string;
}

/** Every condition that the page names, in the order of the page, with what the operator should do. */
export const conditions: readonly Condition[] = [
  {
    name: "online",
    title: "Online",
    severity: "good",
    remedy: "Nothing: it is connected, as far as it or its broker said last.",
  },
  {
    name: "offline",
    title: "Offline",
    severity: "notice",
    remedy:
      "It said good-bye, or its broker lost it. Nothing is lost: it keeps its readings. A box that is moved or restarted is back by itself; after a day it counts as silent.",
  },
  {
    name: "silent",
    title: "Silent",
    severity: "warning",
    remedy:
      "Nothing came from it for far longer than usual. Ask the site whether the box has power and network; on the box, `carepost doctor` says what is wrong.",
  },
  {
    name: "alarm",
    title: "Store alarm",
    severity: "critical",
    remedy:
      "Its store takes no more readings. Free space on its disk or raise `store.quotaMiB`; devices keep their readings meanwhile, cuffs only a few.",
  },
  {
    name: "certificate-expiring",
    title: "Certificate expiring",
    severity: "critical",
    remedy:
      "Its certificate, or that of its pages, ends within two weeks, or has ended. Its own should have renewed itself: look at its log for the failure, or enrol it again. That of its pages is put in its place on the gateway, which takes it over without a restart.",
  },
  {
    name: "clock-wrong",
    title: "Clock wrong",
    severity: "warning",
    remedy:
      "Its clock is not to be trusted, or is off by more than two minutes. Let the box set its clock by NTP; readings wait on it until then and are dated later.",
  },
  {
    name: "radio-down",
    title: "Radio down",
    severity: "warning",
    remedy:
      "It cannot listen to devices. Plug the Bluetooth adapter out and in; on the box, `carepost doctor` says more.",
  },
  {
    name: "backlog-growing",
    title: "Backlog growing",
    severity: "warning",
    remedy:
      "It takes more readings than it delivers. If it is one box, look at its network; if it is many, at this ingestor's sink and at the broker.",
  },
  {
    name: "rejected",
    title: "Readings rejected",
    severity: "warning",
    remedy: "Some of what it sent in the last day is in the dead letters. Each says why, and what to do.",
  },
  {
    name: "radio-silent",
    title: "Radio silent",
    severity: "quiet",
    remedy:
      "It listens and hears no device at all. In an empty home that is as it should be; in a store, look whether the adapter hangs.",
  },
];

/** How grave each is, for sorting. */
export const severityRank: Readonly<Record<Severity, number>> = {
  good: 0,
  quiet: 1,
  notice: 2,
  warning: 3,
  critical: 4,
};

export const conditionBit = (name: ConditionName): number => 1 << conditions.findIndex((one) => one.name === name);

/** The conditions of a set of bits, in the order of the page. */
export const conditionsOf = (bits: number): readonly Condition[] =>
  conditions.filter((_, index) => (bits & (1 << index)) !== 0);

export function severityOf(bits: number): Severity {
  let gravest: Severity = "good";
  for (const { severity } of conditionsOf(bits)) {
    if (severityRank[severity] > severityRank[gravest]) gravest = severity;
  }
  return gravest;
}
