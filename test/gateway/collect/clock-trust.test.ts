import { expect, test } from "vitest";
import { ClockTrust, type ClockChange, type ClockEvidence } from "../../../gateway/collect/clock-trust.ts";
import { createVirtualClock, type VirtualClock } from "../../../simulators/clock/virtual-clock.ts";

const builtAt = Date.UTC(2026, 0, 1);
const trueAt = Date.UTC(2026, 5, 10, 10, 0);
const minuteMs = 60_000;
const tenYearsMs = 3652 * 86_400_000;

interface Stage {
  readonly clock: VirtualClock;
  readonly trust: ClockTrust;
  readonly changes: ClockChange[];
  /** The time service has just set or confirmed the clock. */
  readonly synchronise: () => void;
}

function stage(evidence: Partial<ClockEvidence> & { readonly at?: number; readonly mark?: string } = {}): Stage {
  const clock = createVirtualClock(evidence.at ?? trueAt);
  const changes: ClockChange[] = [];
  let mark = evidence.mark ?? null;
  const trust = new ClockTrust(
    clock,
    {
      synchronisation: () => mark,
      assumeSynchronised: evidence.assumeSynchronised ?? false,
      floorAt: evidence.floorAt ?? builtAt,
      earlier: evidence.earlier ?? null,
    },
    (change) => changes.push(change),
  );
  let marks = 0;
  const synchronise = (): void => {
    marks += 1;
    mark = `mark-${marks}`;
  };
  return { clock, trust, changes, synchronise };
}

test("without any evidence the clock is not trusted", () => {
  const { trust } = stage();
  expect(trust.trustedNow()).toBeNull();
  expect(trust.trustedEpoch()).toBeNull();
  expect(trust.reason).toBe("never-synchronised");
});

test("a time service that has set the clock makes it trusted, also later", async () => {
  expect(stage({ mark: "mark-0" }).trust.trustedNow()).toBe(trueAt);
  const { clock, trust, changes, synchronise } = stage({ at: 0 });
  expect(trust.trustedNow()).toBeNull();
  await clock.advance(5_000);
  clock.jump(trueAt);
  synchronise();
  expect(trust.trustedNow()).toBe(trueAt + 5_000);
  expect(changes).toEqual([{ state: "trusted", reason: "synchronised", jumpMs: trueAt }]);
});

test("the operator's word does, but not for a time before the program was made or was last used", () => {
  expect(stage({ assumeSynchronised: true }).trust.state).toBe("trusted");
  const reset = stage({ assumeSynchronised: true, at: 0 });
  expect(reset.trust.trustedNow()).toBeNull();
  expect(reset.trust.reason).toBe("before-floor");
  expect(stage({ assumeSynchronised: true, floorAt: trueAt + 1 }).trust.reason).toBe("before-floor");
});

test("a server's time confirms a clock that agrees with it, and no other", () => {
  const { trust, changes } = stage();
  trust.hear(trueAt - 61_000);
  expect(trust.state).toBe("untrusted");
  trust.hear(trueAt - 59_000);
  expect(trust.trustedNow()).toBe(trueAt);
  expect(changes).toEqual([{ state: "trusted", reason: "server-time", jumpMs: 0 }]);
});

test.each([
  ["forward", tenYearsMs],
  ["back", -tenYearsMs],
])("a clock that jumps ten years %s is not trusted until something confirms it", async (_, byMs) => {
  const { clock, trust, changes, synchronise } = stage({ mark: "mark-0", assumeSynchronised: true });
  await clock.advance(minuteMs);
  clock.jump(byMs);
  expect(trust.trustedNow()).toBeNull();
  expect(changes).toEqual([{ state: "untrusted", reason: "jumped", jumpMs: byMs }]);
  await clock.advance(30 * minuteMs);
  expect(trust.trustedNow()).toBeNull();
  clock.jump(-byMs);
  synchronise();
  expect(trust.trustedNow()).toBe(trueAt + 31 * minuteMs);
});

test("a clock that returns to where it was is trusted again", async () => {
  const { clock, trust, changes } = stage({ mark: "mark-0" });
  clock.jump(tenYearsMs);
  trust.look();
  await clock.advance(minuteMs);
  clock.jump(-tenYearsMs);
  expect(trust.trustedNow()).toBe(trueAt + minuteMs);
  expect(changes.map(({ state, reason }) => `${state} ${reason}`)).toEqual(["untrusted jumped", "trusted returned"]);
});

test("on the operator's word a small step is believed after ten quiet minutes, and a large one never", async () => {
  const small = stage({ assumeSynchronised: true });
  small.clock.jump(3_600_000);
  small.trust.look();
  await small.clock.advance(9 * minuteMs);
  expect(small.trust.trustedNow()).toBeNull();
  await small.clock.advance(minuteMs);
  expect(small.trust.trustedNow()).toBe(trueAt + 3_600_000 + 10 * minuteMs);
  const large = stage({ assumeSynchronised: true });
  large.clock.jump(2 * 86_400_000);
  large.trust.look();
  await large.clock.advance(100 * minuteMs);
  expect(large.trust.trustedNow()).toBeNull();
});

test("two jumps that make a large one together are a large one", async () => {
  const { clock, trust } = stage({ assumeSynchronised: true });
  for (let step = 0; step < 3; step += 1) {
    clock.jump(20 * 3_600_000);
    trust.look();
  }
  await clock.advance(100 * minuteMs);
  expect(trust.trustedNow()).toBeNull();
});

test("a time service's old mark does not vouch for a clock that has jumped since", () => {
  const { clock, trust, synchronise } = stage({ mark: "mark-0" });
  clock.jump(-tenYearsMs);
  trust.look();
  expect(trust.trustedNow()).toBeNull();
  clock.jump(tenYearsMs + 5_000);
  synchronise();
  expect(trust.trustedNow()).toBe(trueAt + 5_000);
});

test("slewing, however far in the end, is no jump", async () => {
  const { clock, trust, changes } = stage({ mark: "mark-0" });
  for (let step = 0; step < 100; step += 1) {
    await clock.advance(1_000);
    clock.jump(500);
    trust.look();
  }
  expect(trust.trustedNow()).toBe(trueAt + 150_000);
  expect(changes).toEqual([]);
});

test("a jump while the program was down is seen by the next run of the same boot", () => {
  const earlier = { epochAt: trueAt, mark: "mark-0" };
  expect(stage({ mark: "mark-0", earlier }).trust.state).toBe("trusted");
  const jumped = stage({ mark: "mark-0", earlier, at: trueAt + tenYearsMs });
  expect(jumped.trust.trustedNow()).toBeNull();
  expect(jumped.changes).toEqual([{ state: "untrusted", reason: "jumped", jumpMs: tenYearsMs }]);
  expect(stage({ mark: "mark-1", earlier, at: trueAt + 5_000 }).trust.state).toBe("trusted");
});
