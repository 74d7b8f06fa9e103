import type { ConditionName, LifeEntry, LifeKind, Severity } from "../fleet-api.ts";

/** Numbers and times as people read them. Pure, and the same for everybody: no locale changes a number's meaning. */

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** 1234567 → "1,234,567" */
export const countText = (count: number): string => Math.round(count).toLocaleString("en-GB");

/** "1 gateway", "2 gateways" */
export const plural = (count: number, noun: string): string => `${countText(count)} ${noun}${count === 1 ? "" : "s"}`;

/** "now", "40 s", "5 min", "3 h", "12 d" */
export function durationText(durationMs: number): string {
  const ms = Math.abs(durationMs);
  if (ms < 1_000) return "0 s";
  if (ms < 2 * minuteMs) return `${Math.floor(ms / 1_000)} s`;
  if (ms < 2 * hourMs) return `${Math.floor(ms / minuteMs)} min`;
  if (ms < 2 * dayMs) return `${Math.floor(ms / hourMs)} h`;
  return `${countText(Math.floor(ms / dayMs))} d`;
}

export function agoText(at: number | null, now: number): string {
  if (at === null) return "not since the start";
  return now - at < 5_000 ? "now" : `${durationText(now - at)} ago`;
}

/** "0.8 ms", "12 ms", "1.4 s" */
export function latencyText(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** "+3 s", "−5 min": whether a clock is ahead or behind. */
export function offsetText(offsetMs: number | null): string {
  if (offsetMs === null) return "–";
  if (Math.abs(offsetMs) < 1_000) return "under 1 s";
  return `${offsetMs > 0 ? "+" : "−"}${durationText(offsetMs)}`;
}

/** In the reader's own time zone: "22 Nov, 10:14:03" */
export const timeText = (at: number): string =>
  new Date(at).toLocaleString("en-GB", {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });

/** What an entry of a gateway's life says. A tally of an hour stands at its first event. */
export const lifeText = (entry: LifeEntry): string => lifeWords[entry.kind](entry);

const timesText = (times: number): string => (times === 1 ? "once" : `${countText(times)} times`);

const lifeWords: Readonly<Record<LifeKind, (entry: LifeEntry) => string>> = {
  "first-heard": () => "First heard of since the ingestor started",
  connected: () => "Connected",
  lost: () => "Connection lost or ended",
  restarted: () => "The program or the box was started anew",
  updated: () => "Came back with another version",
  batches: ({ readings, times }) =>
    `${plural(readings, "new reading")} in ${times === 1 ? "1 batch" : `${countText(times)} batches`} within the hour`,
  rejected: ({ readings }) => `${plural(readings, "reading")} rejected: see the dead letters`,
  refused: ({ times }) => `The broker refused something, ${timesText(times)} within the hour`,
  "clock-untrusted": () => "Its clock is not to be trusted any more",
  "clock-trusted": () => "Its clock is right again",
  alarm: () => "Its store takes no more readings",
  "alarm-over": () => "Its store takes readings again",
  "radio-up": () => "Its radio hears devices",
  "radio-silent": () => "Its radio hears nothing",
  "radio-down": () => "Its radio is down",
};

/** The titles and severities of the conditions, as the server says them; a list needs them before it has asked. */
export const conditionWords: Readonly<Record<ConditionName, readonly [title: string, severity: Severity]>> = {
  online: ["Online", "good"],
  offline: ["Offline", "notice"],
  silent: ["Silent", "warning"],
  alarm: ["Store alarm", "critical"],
  "certificate-expiring": ["Certificate expiring", "critical"],
  "clock-wrong": ["Clock wrong", "warning"],
  "radio-down": ["Radio down", "warning"],
  "backlog-growing": ["Backlog growing", "warning"],
  rejected: ["Readings rejected", "warning"],
  "radio-silent": ["Radio silent", "quiet"],
};
