import { expect, test } from "vitest";
import type { ConditionName, GatewayAnswer } from "../../../../cloud-sync/ingest/operator/fleet-api.ts";
import { createFleet, type Fleet, type GatewayQuery } from "../../../../cloud-sync/ingest/operator/fleet.ts";
import type { GatewayState } from "../../../../cloud-sync/contract/control.ts";

const start = Date.parse("2026-03-02T08:00:00Z");
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const state = (at: number, changes: Partial<GatewayState> = {}): GatewayState => ({
  v: 1,
  gateway: "gw-1",
  online: true,
  version: "1.0.0",
  bootId: "boot-1",
  backlog: 0,
  oldestUnsentAt: null,
  held: 0,
  clock: "trusted",
  alarm: null,
  radio: "up",
  at,
  ...changes,
});

const batch = { stored: 2, duplicates: 0, rejected: 0, outcome: "receipted", durationMs: 3 } as const;

const query: GatewayQuery = { search: "", condition: null, order: "attention", offset: 0, limit: 50 };

function known(fleet: Fleet, at: number): GatewayAnswer {
  const found = fleet.gateway("gw-1", at);
  if (found === null) throw new TypeError("the fleet does not know gw-1");
  return found;
}

const conditionsAt = (fleet: Fleet, at: number): readonly ConditionName[] => known(fleet, at).conditions;
const kinds = (fleet: Fleet, at: number): readonly string[] => known(fleet, at).life.map(({ kind }) => kind);

test("a gateway is online by its word, offline by its last will, and connected again", () => {
  const fleet = createFleet(start);
  fleet.hearState("gw-1", state(start), start);
  expect(conditionsAt(fleet, start)).toEqual(["online"]);
  fleet.hearState(
    "gw-1",
    state(start, { online: false, backlog: null, clock: "untrusted", radio: null }),
    start + hour,
  );
  expect(conditionsAt(fleet, start + hour)).toEqual(["offline"]);
  expect(known(fleet, start + hour)).toMatchObject({ backlog: 0, clock: "trusted", radio: "up" });
  fleet.hearState("gw-1", state(start + 2 * hour), start + 2 * hour);
  expect(conditionsAt(fleet, start + 2 * hour)).toEqual(["online"]);
  expect(kinds(fleet, start + 2 * hour)).toEqual(["first-heard", "connected", "lost", "connected"]);
});

test("silence is measured against the gateway's own rhythm, and never before 26 hours", () => {
  const fleet = createFleet(start);
  fleet.hearState("gw-1", state(start), start);
  expect(conditionsAt(fleet, start + 26 * hour)).toEqual(["online"]);
  expect(conditionsAt(fleet, start + 26 * hour + 1)).toEqual(["silent"]);
  for (let index = 0; index < 5; index += 1) fleet.hearBatch("gw-1", batch, start + index * day);
  const last = start + 4 * day;
  expect(known(fleet, last).silentAfterMs).toBe(6 * day);
  expect(conditionsAt(fleet, last + 5 * day)).toEqual(["online"]);
  expect(conditionsAt(fleet, last + 6 * day + 1)).toEqual(["silent"]);
});

test("a last will that lay at the broker says that it is offline, not since when", () => {
  const fleet = createFleet(start);
  fleet.hearState("gw-1", state(start - 30 * day, { online: false, backlog: null }), start);
  expect(known(fleet, start)).toMatchObject({ conditions: ["offline"], heardAt: null });
  expect(conditionsAt(fleet, start + 27 * hour)).toEqual(["silent"]);
});

test("the same retained state that comes again is no news", () => {
  const fleet = createFleet(start);
  fleet.hearState("gw-1", state(start), start);
  fleet.hearState("gw-1", state(start), start + 25 * hour);
  expect(conditionsAt(fleet, start + 27 * hour)).toEqual(["silent"]);
  expect(kinds(fleet, start)).toEqual(["first-heard", "connected"]);
});

test("a clock that is ahead is wrong at once, one that is behind when two states agree, a late state never", () => {
  const ahead = createFleet(start);
  ahead.hearState("gw-1", state(start + 10 * minute), start);
  expect(conditionsAt(ahead, start)).toEqual(["online", "clock-wrong"]);

  const late = createFleet(start);
  late.hearState("gw-1", state(start - 3 * day), start);
  expect(conditionsAt(late, start)).toEqual(["online"]);
  late.hearState("gw-1", state(start + minute, { backlog: 1 }), start + minute);
  expect(known(late, start + minute)).toMatchObject({ conditions: ["online"], clockOffsetMs: 0 });

  const behind = createFleet(start);
  behind.hearState("gw-1", state(start - hour), start);
  behind.hearState("gw-1", state(start - hour + minute, { backlog: 1 }), start + minute + 900);
  expect(known(behind, start + minute)).toMatchObject({
    conditions: ["online", "clock-wrong"],
    clockOffsetMs: -hour - 900,
  });
});

test("a clock that the gateway itself does not trust is wrong while it is online", () => {
  const fleet = createFleet(start);
  fleet.hearState("gw-1", state(start, { clock: "untrusted" }), start);
  expect(conditionsAt(fleet, start)).toEqual(["online", "clock-wrong"]);
  fleet.hearState("gw-1", state(start + minute), start + minute);
  expect(conditionsAt(fleet, start + minute)).toEqual(["online"]);
  expect(kinds(fleet, start + minute)).toContain("clock-trusted");
});

test("a backlog grows when it rises for ten minutes without a fall; one that drains does not", () => {
  const fleet = createFleet(start);
  const tell = (backlog: number, at: number): void => fleet.hearState("gw-1", state(at, { backlog }), at);
  tell(0, start);
  tell(30, start + 5 * minute);
  expect(conditionsAt(fleet, start + 5 * minute)).toEqual(["online"]);
  tell(45, start + 11 * minute);
  expect(conditionsAt(fleet, start + 11 * minute)).toEqual(["online", "backlog-growing"]);
  tell(44, start + 12 * minute);
  expect(conditionsAt(fleet, start + 12 * minute)).toEqual(["online"]);
});

test("an old reading that stays unsent while the gateway is online is a growing backlog, however small", () => {
  const fleet = createFleet(start);
  fleet.hearState("gw-1", state(start, { backlog: 1, oldestUnsentAt: start }), start);
  expect(conditionsAt(fleet, start + 50 * minute)).toEqual(["online"]);
  expect(conditionsAt(fleet, start + 61 * minute)).toEqual(["online", "backlog-growing"]);
});

test("alarm, radio, certificate and rejections are conditions of their own, each with advice", () => {
  const fleet = createFleet(start);
  const troubled = state(start, { alarm: "quota", radio: "down", certificateExpiresAt: start + 13 * day });
  fleet.hearState("gw-1", troubled, start);
  fleet.hearBatch("gw-1", { ...batch, rejected: 1 }, start);
  const answer = known(fleet, start);
  expect(answer.conditions).toEqual(["online", "alarm", "certificate-expiring", "radio-down", "rejected"]);
  expect(answer.severity).toBe("critical");
  expect(answer.advice.map(({ remedy }) => remedy.length > 20)).toEqual([true, true, true, true, true]);
  fleet.hearState("gw-1", state(start + 2 * day, { radio: "silent", certificateExpiresAt: null }), start + 2 * day);
  expect(conditionsAt(fleet, start + 2 * day)).toEqual(["online", "radio-silent"]);
  fleet.hearState("gw-1", state(start + 3 * day, { pagesCertificateExpiresAt: start + 4 * day }), start + 3 * day);
  expect(conditionsAt(fleet, start + 3 * day)).toEqual(["online", "certificate-expiring"]);
});

test("a state without the optional fields of newer gateways is as good", () => {
  const { radio: _radio, ...old } = state(start);
  const fleet = createFleet(start);
  fleet.hearState("gw-1", old, start);
  expect(known(fleet, start)).toMatchObject({ conditions: ["online"], radio: null, certificateExpiresAt: null });
});

test("a gateway's life is 32 entries at most, the batches of an hour in one of them", () => {
  const fleet = createFleet(start);
  for (let index = 0; index < 60; index += 1) fleet.hearBatch("gw-1", batch, start + index * minute);
  expect(known(fleet, start + hour).life).toEqual([
    { at: start, kind: "first-heard", readings: 0, times: 1 },
    { at: start, kind: "batches", readings: 120, times: 60 },
  ]);
  expect(known(fleet, start + hour).readingsLastHour).toBe(120);
  expect(known(fleet, start + 1.5 * hour).readingsLastHour).toBe(60);
  for (let index = 0; index < 100; index += 1) {
    fleet.hearState("gw-1", state(start + index, { online: index % 2 === 0, bootId: `b-${index}` }), start + index);
  }
  const { life, isLifeCut } = known(fleet, start + hour);
  expect([life.length, isLifeCut]).toEqual([32, true]);
  expect(life.at(-1)?.kind).toBe("lost");
});

test("a batch that could not be committed says nothing of its gateway, because it comes again", () => {
  const fleet = createFleet(start);
  fleet.hearBatch("gw-1", { ...batch, outcome: "failed" }, start);
  expect(fleet.gateway("gw-1", start)).toBeNull();
});

test("the list is searched, filtered, ordered and paged, and its counts agree with the census", () => {
  const fleet = createFleet(start);
  for (let index = 0; index < 120; index += 1) {
    const alarm = index % 40 === 0 ? "quota" : null;
    const gateway = `gw-${String(index).padStart(3, "0")}`;
    fleet.hearState(gateway, state(start, { gateway, alarm, backlog: index }), start);
  }
  const ids = (changes: Partial<GatewayQuery>): readonly string[] =>
    fleet.list({ ...query, limit: 4, ...changes }, start).rows.map(({ gateway }) => gateway);
  expect(ids({})).toEqual(["gw-000", "gw-040", "gw-080", "gw-001"]);
  expect(ids({ order: "gateway", offset: 118 })).toEqual(["gw-118", "gw-119"]);
  expect(ids({ order: "backlog" })).toEqual(["gw-119", "gw-118", "gw-117", "gw-116"]);
  expect(ids({ search: "GW-11", limit: 2 })).toEqual(["gw-110", "gw-111"]);
  expect(fleet.list({ ...query, condition: "alarm" }, start).total).toBe(3);
  expect(fleet.census(start).conditions.find(({ name }) => name === "alarm")?.gateways).toBe(3);
});

test("beyond its bound the fleet keeps nothing of a newcomer and counts its messages", () => {
  const fleet = createFleet(start, { gatewaysMax: 2, judgementMs: 0 });
  for (const gateway of ["gw-1", "gw-2", "gw-3", "gw-3"]) fleet.hearBatch(gateway, batch, start);
  expect(fleet.census(start)).toMatchObject({ gateways: 2, untracked: 2 });
  expect(fleet.gateway("gw-3", start)).toBeNull();
});
