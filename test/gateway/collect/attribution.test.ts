import { expect, test } from "vitest";
import { attribute, type AttributionSubject } from "../../../gateway/collect/attribution.ts";
import type { Assignment, KioskSession } from "../../../gateway/store/store.ts";

const minuteMs = 60_000;
const start = Date.UTC(2026, 2, 1, 10, 0);
const at = (minutes: number): number => start + minutes * minuteMs;
const iso = (minutes: number): string => new Date(at(minutes)).toISOString();

const subject: AttributionSubject = {
  deviceId: "cuff",
  userSlot: null,
  controlSolution: false,
  time: { measured: iso(10), uncertaintyMs: 2_000, basis: "device-corrected", received: iso(12) },
  byClock: null,
  shownUntil: null,
};
const timed = (changes: Partial<AttributionSubject["time"]>): AttributionSubject => ({
  ...subject,
  time: { ...subject.time, ...changes },
});

const assignment: Assignment = {
  id: "assignment-1",
  deviceId: "cuff",
  userSlot: null,
  person: "sim-0001",
  consent: "consent-1",
  fromAt: at(0),
  untilAt: null,
  source: "local",
};
const session: KioskSession = {
  id: "session-1",
  person: "sim-0001",
  consent: "consent-1",
  startedAt: at(5),
  endedAt: null,
  devices: [{ deviceId: "cuff", sinceAt: at(5) }],
};

const personOf = (
  who: AttributionSubject,
  assignments: readonly Assignment[],
  sessions: readonly KioskSession[] = [],
): string | null => attribute(who, { assignments, sessions }).person;

test("an assignment that was valid when it was measured makes it that person's", () => {
  expect(attribute(subject, { assignments: [assignment], sessions: [] })).toEqual({
    person: "sim-0001",
    attribution: { by: "assignment", reference: "assignment-1" },
  });
});

test("without an assignment or a session it is nobody's", () => {
  const nobodys = { person: null, attribution: { by: "none", reference: null } };
  expect(attribute(subject, { assignments: [], sessions: [] })).toEqual(nobodys);
  expect(attribute(subject, { assignments: [{ ...assignment, deviceId: "other" }], sessions: [] })).toEqual(nobodys);
});

test("an assignment counts by the time of measurement, not of receipt", () => {
  expect(personOf(subject, [{ ...assignment, untilAt: at(11) }])).toBe("sim-0001");
  expect(personOf(subject, [{ ...assignment, fromAt: at(11) }])).toBeNull();
  expect(personOf(subject, [{ ...assignment, untilAt: at(9) }])).toBeNull();
});

test("a reading whose time is uncertain across a change of hands is nobody's", () => {
  const handedOver = [
    { ...assignment, untilAt: at(10) },
    { ...assignment, id: "assignment-2", person: "sim-0002", fromAt: at(10) },
  ];
  expect(personOf(timed({ measured: iso(9) }), handedOver)).toBe("sim-0001");
  expect(personOf(timed({ measured: iso(11) }), handedOver)).toBe("sim-0002");
  expect(personOf(timed({ measured: iso(10) }), handedOver)).toBeNull();
  expect(personOf(timed({ measured: iso(11), uncertaintyMs: 3_600_000 }), handedOver)).toBeNull();
});

test("a reading whose time is unknown is nobody's, though the device was never anybody else's", () => {
  expect(personOf(timed({ measured: null, uncertaintyMs: null, basis: "unknown" }), [assignment])).toBeNull();
});

test("an assignment of one slot holds for that slot alone", () => {
  const ofSlot = { ...assignment, userSlot: 1 };
  expect(personOf({ ...subject, userSlot: 1 }, [ofSlot])).toBe("sim-0001");
  expect(personOf({ ...subject, userSlot: 2 }, [ofSlot])).toBeNull();
  expect(personOf({ ...subject, userSlot: null }, [ofSlot])).toBeNull();
});

test("an assignment without a slot holds for the whole device, while nobody has a slot of it", () => {
  expect(personOf({ ...subject, userSlot: 2 }, [assignment])).toBe("sim-0001");
  const shared = [assignment, { ...assignment, id: "assignment-2", userSlot: 2, person: "sim-0002" }];
  expect(personOf({ ...subject, userSlot: 2 }, shared)).toBe("sim-0002");
  expect(personOf({ ...subject, userSlot: 1 }, shared)).toBeNull();
  expect(personOf({ ...subject, userSlot: null }, shared)).toBeNull();
});

test("two people with the same slot at the same time make it nobody's", () => {
  const twice = [
    { ...assignment, userSlot: 1 },
    { ...assignment, id: "assignment-2", userSlot: 1, person: "sim-0002" },
  ];
  expect(personOf({ ...subject, userSlot: 1 }, twice)).toBeNull();
});

test("an open session makes it that person's who measured within it", () => {
  expect(attribute(subject, { assignments: [], sessions: [session] })).toEqual({
    person: "sim-0001",
    attribution: { by: "session", reference: "session-1" },
  });
});

test("a session claims nothing of a device that it does not name, and of one that it names, nothing from before", () => {
  expect(personOf(subject, [], [{ ...session, devices: [] }])).toBeNull();
  expect(personOf(subject, [], [{ ...session, devices: [{ deviceId: "other", sinceAt: at(5) }] }])).toBeNull();
  expect(personOf(subject, [], [{ ...session, devices: [{ deviceId: "cuff", sinceAt: at(9) }] }])).toBe("sim-0001");
  expect(personOf(subject, [], [{ ...session, devices: [{ deviceId: "cuff", sinceAt: at(10) }] }])).toBeNull();
});

test("a session that is on record as ended claims nothing, though by the times it would be open", () => {
  expect(personOf(subject, [], [{ ...session, endedAt: at(20) }])).toBeNull();
});

test("what is known of the device's clock, and in which order it shows things, narrows down when it was measured", () => {
  const unsure = timed({ uncertaintyMs: 6 * minuteMs });
  expect(personOf(unsure, [], [session])).toBeNull();
  expect(personOf({ ...unsure, byClock: { from: at(9), through: at(11) } }, [], [session])).toBe("sim-0001");
  expect(personOf({ ...unsure, shownUntil: at(6) }, [], [session])).toBe("sim-0001");
});

test("what a clock and the order of things contradict in is not narrowed down", () => {
  const unsure = timed({ uncertaintyMs: 6 * minuteMs });
  expect(personOf({ ...unsure, shownUntil: at(13) }, [], [session])).toBeNull();
  expect(
    personOf({ ...unsure, byClock: { from: at(3), through: at(4) }, shownUntil: at(6) }, [], [session]),
  ).toBeNull();
  expect(personOf({ ...unsure, byClock: { from: at(13), through: at(14) } }, [], [session])).toBeNull();
});

test("who stands at the kiosk casts doubt on an owner's reading, though the session does not name the device", () => {
  expect(personOf(subject, [assignment], [{ ...session, person: "sim-0002", devices: [] }])).toBeNull();
});

test("what was measured before the session, or comes after it, is nobody's", () => {
  expect(personOf(timed({ measured: iso(4) }), [], [session])).toBeNull();
  expect(personOf(timed({ measured: iso(5) }), [], [session])).toBeNull();
  expect(personOf(subject, [], [{ ...session, endedAt: at(11) }])).toBeNull();
});

test("what the person before left in the device's memory is not the next one's", () => {
  const next = { ...session, id: "session-2", person: "sim-0002", startedAt: at(11) };
  expect(personOf(subject, [], [{ ...session, endedAt: at(11) }, next])).toBeNull();
});

test("an owner and a guest who both have a claim make it nobody's, unless they are one person", () => {
  const guest = { ...session, person: "sim-0002" };
  expect(personOf(subject, [assignment], [guest])).toBeNull();
  expect(personOf(subject, [assignment], [session])).toBe("sim-0001");
});

test("a session that is over takes nothing from a device's owner", () => {
  const over = { ...session, person: "sim-0002", endedAt: at(11) };
  expect(personOf(subject, [assignment], [over])).toBe("sim-0001");
});

test("a guest gets nothing from a device that is partly somebody else's", () => {
  const ofOther = { ...assignment, userSlot: 1, person: "sim-0002" };
  expect(personOf({ ...subject, userSlot: 2 }, [ofOther], [session])).toBeNull();
});

test("control solution is nobody's, always", () => {
  expect(personOf({ ...subject, controlSolution: true }, [assignment], [session])).toBeNull();
});

test("a device without a clock is dated by order: what it shows was measured after what it had shown", () => {
  const clockless = { measured: iso(12), uncertaintyMs: null, basis: "received" } as const;
  expect(personOf(timed(clockless), [assignment])).toBeNull();
  expect(personOf({ ...timed(clockless), shownUntil: at(1) }, [assignment])).toBe("sim-0001");
  expect(personOf({ ...timed(clockless), shownUntil: at(-1) }, [assignment])).toBeNull();
  expect(personOf({ ...timed(clockless), shownUntil: at(6) }, [], [session])).toBe("sim-0001");
  expect(personOf({ ...timed(clockless), shownUntil: at(4) }, [], [session])).toBeNull();
});

test("a clock that could not be checked does for an owner's assignment, but not for a session", () => {
  const unchecked = { uncertaintyMs: null, basis: "device" } as const;
  expect(personOf(timed(unchecked), [assignment])).toBe("sim-0001");
  expect(personOf(timed(unchecked), [], [session])).toBeNull();
  expect(personOf({ ...timed(unchecked), shownUntil: at(6) }, [], [session])).toBe("sim-0001");
});
