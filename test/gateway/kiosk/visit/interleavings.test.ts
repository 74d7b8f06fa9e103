import * as fc from "fast-check";
import { expect, test } from "vitest";
import { CarepostError } from "../../../../device-drivers/kit/carepost-error.ts";
import { visitView } from "../../../../gateway/kiosk/contract/visit-view.ts";
import { makeToken } from "../../../../gateway/kiosk/visit/token.ts";
import type { Visit } from "../../../../gateway/kiosk/visit-desk.ts";
import { arm, assignmentOf, blood, placeCuff, placeMeter } from "../../../scenarios/site-devices.ts";
import { type VisitRig, visitRig, yesTo } from "./visit-rig.ts";

/**
 * Whatever people, devices, faults and time do, in whatever order: nobody sees a value that somebody else has measured,
 * what a screen is given is a visit, what is refused is refused by a code, and no session outlives its visit.
 */
const people = ["sim-0001", "sim-0002", "sim-0003", null] as const;
const steps = ["consent", "choose", "measure", "result", "hand-over", "goodbye"] as const;
const kinds = ["blood-pressure-monitor", "blood-glucose-meter"] as const;

const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant("begin"), person: fc.constantFrom(...people) }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant("agree"), trend: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("refuse") }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant("kind"), kind: fc.constantFrom(...kinds) }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant("wait-for"), index: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("pair") }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("choose") }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("answer"), yes: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("enrol") }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("go"), step: fc.constantFrom(...steps) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("end") }) },
  {
    weight: 8,
    arbitrary: fc.record({ type: fc.constant("use"), device: fc.constantFrom("cuff", "meter", "other", "own") }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("adapter"), isThere: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("alarm"), isFull: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant("time"), ms: fc.constantFrom(500, 2_000, 15_000, 45_000) }) },
);
type Action = typeof action extends fc.Arbitrary<infer Each> ? Each : never;

type Move = readonly [Action, boolean];

/** One thing alone, or what people usually do next to each other, so that plays come as far as a result. */
const moves: fc.Arbitrary<readonly Move[]> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(action, fc.boolean()).map((move): readonly Move[] => [move]) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...people), fc.boolean(), fc.constantFrom(...kinds))
      .map(([person, trend, kind]): readonly Move[] => [
        [{ type: "begin", person }, false],
        [{ type: "agree", trend }, false],
        [{ type: "kind", kind }, false],
        [{ type: "wait-for", index: 0 }, false],
        [{ type: "time", ms: 2_000 }, false],
      ]),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom("cuff", "meter", "other", "own").map((device): readonly Move[] => [
      [{ type: "use", device }, false],
      [{ type: "time", ms: 15_000 }, false],
    ]),
  },
);

/** Who has measured a value: which visit, and of whom. */
interface Truth {
  readonly visit: Visit | null;
  readonly person: string | null;
}

class BusyKiosk {
  readonly rig: VisitRig;
  readonly wrong: string[] = [];
  readonly #truths = new Map<string, Truth>();
  readonly #own;
  readonly #other;
  readonly #people = new Map<Visit, string | null>();
  #next = 100;

  constructor(rig: VisitRig) {
    this.rig = rig;
    const awake = { wakefulness: { afterUseMs: 60_000, periodic: null } };
    this.#own = placeMeter(rig.site, awake, "C0:00:00:00:00:40");
    this.#other = placeCuff(rig.site, { requiresBond: false }, otherAddress);
    rig.desk.onChange(() => this.#look());
  }

  async play(done: Action, isHasty: boolean): Promise<void> {
    const work = this.#do(done).catch((error: unknown) => {
      if (!(error instanceof CarepostError)) this.wrong.push(`${done.type} failed without a code: ${String(error)}`);
    });
    if (isHasty) await this.rig.site.clock.advance(50);
    else await this.rig.run(work);
    this.#look();
  }

  async #do(done: Action): Promise<void> {
    const visit = this.rig.desk.current();
    switch (done.type) {
      case "begin": {
        const begun = await this.rig.desk.begin({ person: done.person, language: "en" });
        this.#people.set(begun, done.person);
        return;
      }
      case "agree":
        return await visit?.decideConsent(yesTo(visit, done.trend));
      case "refuse":
        return await visit?.decideConsent({ ...yesTo(visit), decision: "refused" });
      case "kind":
        return await visit?.chooseKind(done.kind);
      case "wait-for":
        return await visit?.measure(visit.view().devices[done.index]?.token ?? makeToken());
      case "go":
        return await visit?.goTo({ step: done.step });
      case "end":
        return await visit?.end("cancelled");
      case "pair":
      case "choose":
      case "answer":
      case "enrol":
        return visit === null ? undefined : await this.#withDevice(done, visit);
      case "use":
      case "adapter":
      case "alarm":
      case "time":
        return await this.#around(done, visit);
      default:
        return done satisfies never;
    }
  }

  async #withDevice(
    done: Extract<Action, { type: "pair" | "choose" | "answer" | "enrol" }>,
    visit: Visit,
  ): Promise<void> {
    const { pairing, handOver } = visit.view();
    switch (done.type) {
      case "pair":
        this.#own.device.wake();
        return await visit.openPairing();
      case "choose":
        return await visit.choosePairing(pairing?.candidates[0]?.token ?? makeToken());
      case "answer":
        return await visit.answerPairing({
          number: pairing?.question?.number ?? 1,
          answer: { type: done.yes ? "yes" : "no" },
        });
      case "enrol":
        return await visit.enrol({ device: handOver?.devices[0]?.token ?? makeToken(), userSlot: null });
      default:
        return done satisfies never;
    }
  }

  async #around(
    done: Extract<Action, { type: "use" | "adapter" | "alarm" | "time" }>,
    visit: Visit | null,
  ): Promise<void> {
    switch (done.type) {
      case "use":
        return this.#use(done.device, visit);
      case "adapter":
        this.rig.site.air.setAdapter(done.isThere);
        return this.rig.tell({ type: "radio", state: done.isThere ? "up" : "down", adapter: "virtual" });
      case "alarm":
        return this.rig.tell({ type: "alarm", alarm: done.isFull ? "quota" : null });
      case "time":
        return await this.rig.site.clock.advance(done.ms);
      default:
        return done satisfies never;
    }
  }

  /** Whoever stands there uses it; the one cuff is always somebody else's, who passes by. */
  #use(device: string, visit: Visit | null): void {
    this.#next += 1;
    const isTheirs = device !== "other" && visit !== null && visit.view().consent !== null;
    const person = visit === null ? null : (this.#people.get(visit) ?? null);
    this.#truths.set(String(this.#next), isTheirs ? { visit, person } : { visit: null, person: null });
    if (device === "cuff") this.rig.cuff.device.measure(arm(this.#next));
    else if (device === "meter") this.rig.meter.device.measure(blood(this.#next));
    else if (device === "own") this.#own.device.measure(blood(this.#next));
    else this.#other.device.measure(arm(this.#next));
  }

  /** What is on the screen now is a visit, and holds nobody else's values. */
  #look(): void {
    const visit = this.rig.desk.current();
    if (visit === null) return;
    const view = visitView.parse(visit.view());
    for (const { systolic, concentration } of view.results) {
      const value = systolic?.value ?? concentration?.value ?? "";
      if (this.#truths.get(value)?.visit !== visit) this.wrong.push(`${value} is another's`);
    }
    const person = this.#people.get(visit) ?? null;
    for (const [value] of (view.trend?.points ?? []).map(({ values }) => values)) {
      const isTheirs = person !== null && this.#truths.get(String(value))?.person === person;
      if (!isTheirs) this.wrong.push(`${value} is in a curve of another`);
    }
    const isEmpty = view.results.length === 0 && view.trend === null && view.consent === null;
    if (view.step === "goodbye" && !isEmpty) this.wrong.push("goodbye shows something");
  }

  shown(): number {
    return this.rig.shown.reduce((most, { results }) => Math.max(most, results.length), 0);
  }
}

const otherAddress = "C0:00:00:00:00:41";
const otherId = "system-id:C00000FFFE000041";

async function playAll(actions: readonly Move[]): Promise<number> {
  const rig = await visitRig({
    prepare: async (store) => {
      await store.savePerson({ reference: "sim-0009", createdAt: 0 });
      await store.saveAssignment(assignmentOf(otherId, { person: "sim-0009" }));
    },
  });
  const kiosk = new BusyKiosk(rig);
  for (const [done, isHasty] of actions) await kiosk.play(done, isHasty);
  expect(kiosk.wrong).toEqual([]);
  rig.tell({ type: "alarm", alarm: null });
  await rig.run(rig.desk.current()?.end("cancelled") ?? Promise.resolve());
  await rig.site.clock.advance(60_000);
  expect(rig.desk.current()).toBeNull();
  expect(rig.sources.pairing.isOpen).toBe(false);
  expect((await rig.store.sessions(0)).filter(({ endedAt }) => endedAt === null)).toEqual([]);
  const stillKnown = (await rig.store.devices()).filter(({ address }) => address === "C0:00:00:00:00:40");
  const owned = new Set((await rig.store.assignments()).map(({ deviceId }) => deviceId));
  expect(stillKnown.filter(({ id }) => !owned.has(id))).toEqual([]);
  await rig.gateway.stop();
  return kiosk.shown();
}

test("in whatever order things happen, nobody sees another's reading, and no session outlives its visit", async () => {
  const actions = fc.array(moves, { minLength: 8, maxLength: 30 }).map((each) => each.flat());
  let shown = 0;
  const property = fc.asyncProperty(actions, async (each) => {
    shown += await playAll(each);
  });
  await fc.assert(property, { numRuns: 30, seed: 5, endOnFailure: true });
  // A play in which nothing was ever on the screen would prove nothing.
  expect(shown).toBeGreaterThan(5);
}, 180_000);

test("the usual order of things shows each reading to who measured it", async () => {
  const usual: Action[] = [
    { type: "begin", person: "sim-0001" },
    { type: "agree", trend: true },
    { type: "kind", kind: "blood-pressure-monitor" },
    { type: "wait-for", index: 0 },
    { type: "time", ms: 15_000 },
    { type: "use", device: "cuff" },
    { type: "time", ms: 15_000 },
  ];
  expect(await playAll(usual.map((each) => [each, false] as const))).toBe(1);
});
