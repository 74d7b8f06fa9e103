import { expect, test } from "vitest";
import { collectionAfter, type CollectionMemory } from "../../../gateway/collect/session-history.ts";
import { siteZone } from "../../../gateway/collect/site-zone.ts";

const judging = { zone: siteZone("Europe/Berlin"), toleranceMs: 120_000 };
const start = Date.UTC(2026, 5, 10);
const dayMs = 86_400_000;
const hourMs = 3_600_000;

const before: CollectionMemory = { at: start, clockOffsetMs: 0, shownUntil: start, steppedAt: null };
/** The link's state at the end, and the clock's offset, after so many days. */
const after = (
  memory: CollectionMemory | null,
  days: number,
  [link, clockOffsetMs]: readonly ["alive" | "hung-up", number | null],
): CollectionMemory =>
  collectionAfter(
    memory,
    { at: start + days * dayMs, beganAt: start + days * dayMs, clockOffsetMs, offsetsMs: null, link },
    judging,
  );

test("a device that fell silent on a link that stands has shown all, whatever its clock did", () => {
  const at = start + dayMs;
  expect(after(before, 1, ["alive", hourMs])).toEqual({ at, clockOffsetMs: hourMs, shownUntil: at, steppedAt: null });
  expect(after(null, 1, ["alive", null])).toEqual({ at, clockOffsetMs: null, shownUntil: at, steppedAt: null });
});

test("a device that hung up may have more to show", () => {
  expect(after(null, 1, ["hung-up", 0])).toMatchObject({ shownUntil: null });
  expect(after(before, 1, ["hung-up", 0])).toMatchObject({ at: start + dayMs, shownUntil: start });
});

test("the slow drift of a device that always hangs up is followed, and is no step", () => {
  let memory: CollectionMemory = before;
  for (let day = 1; day <= 100; day += 1) memory = after(memory, day, ["hung-up", day * 10_000]);
  expect(memory).toEqual({ at: start + 100 * dayMs, clockOffsetMs: 1_000_000, shownUntil: start, steppedAt: null });
});

test("a clock that was set stays newly set until all was shown, or for a week", () => {
  const first = after(before, 1, ["hung-up", hourMs]);
  expect(first).toEqual({ ...before, steppedAt: start + dayMs });
  const later = after(first, 7, ["hung-up", hourMs]);
  expect(later).toEqual({ ...before, steppedAt: start + dayMs });
  expect(after(later, 8, ["alive", hourMs])).toMatchObject({ clockOffsetMs: hourMs, steppedAt: null });
  expect(after(later, 8, ["hung-up", hourMs])).toEqual({
    at: start + 8 * dayMs,
    clockOffsetMs: hourMs,
    shownUntil: start,
    steppedAt: null,
  });
});
