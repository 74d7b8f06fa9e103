import { expect, test } from "vitest";
import { en } from "../../../gateway/kiosk/web/messages/en.ts";
import { type AtTheKiosk, kioskBrowser } from "./kiosk-visit.ts";

/** People go away, or stop: at every step there is a way out, and what was there is forgotten. */

const atTheKiosk = kioskBrowser();

/** Each leads one step further than the one before, and ends where a visit may be left. */
const steps: readonly (readonly [step: string, go: (at: AtTheKiosk, code: string) => Promise<void>])[] = [
  [
    "consent",
    async ({ journey, page }, code) => {
      await journey.beginWith(code);
      await page.getByRole("switch").waitFor();
    },
  ],
  ["choose", async ({ journey }) => await journey.agree()],
  ["devices", async ({ journey }) => await journey.choose("blood-pressure-monitor")],
  [
    "prepare",
    async ({ journey }) => {
      await journey.press(en.choose.own);
      await journey.heading(en.pair.prepareTitle).waitFor();
    },
  ],
  [
    "pair",
    async ({ journey }) => {
      await journey.press(en.pair.ready);
      await journey.heading(en.pair.searching).waitFor();
    },
  ],
  [
    "found",
    async ({ journey, stage }) => {
      await stage.let("home-cuff", { type: "wake" });
      await journey.button(en.pair.thisOne).waitFor();
    },
  ],
  [
    "question",
    async ({ journey }) => {
      await journey.chooseFound();
      await journey.button(en.pair.yes).waitFor();
    },
  ],
  [
    "paired",
    async ({ journey }) => {
      await journey.authorise();
      await journey.button(en.pair.measureNow).waitFor();
    },
  ],
  ["measure", async ({ journey }) => await journey.measureNow()],
  [
    "result",
    async ({ journey, measure }) => {
      await measure("home-cuff");
      await journey.heading(en.readings.kind["blood-pressure"]).waitFor();
    },
  ],
  [
    "hand-over",
    async ({ journey }) => {
      await journey.press(en.goOn);
      await journey.heading(en.handOver.title).waitFor();
    },
  ],
];

async function goTo(last: string, at: AtTheKiosk, code: string): Promise<void> {
  for (const [step, go] of steps) {
    await go(at, code);
    if (step === last) return;
  }
}

test("at every step there is a way out, and the next person begins anew", { timeout: 240_000 }, async () => {
  const at = await atTheKiosk({ visit: { goodbyeMs: 600_000 } });
  const { stage, journey, page } = at;
  await journey.open(stage.url);
  for (const [index, [last]] of steps.entries()) {
    // Somebody new each time: who comes again has agreed already.
    const code = `sim-${1000 + index}`;
    await goTo(last, at, code);
    await journey.cancel();
    await expect
      .poll(async () => stage.gatewayEvents.findLast(({ type }) => type === "visit"))
      .toMatchObject({ step: null });
    expect(await page.getByText(code).count()).toBe(0);
    await journey.close();
  }
  expect((await stage.store.sessions(0)).filter(({ endedAt }) => endedAt === null)).toEqual([]);
  // What was paired is let go of when the device has its turn.
  const bonds = async (): Promise<readonly (string | null)[]> => (await stage.store.bonds()).map(({ name }) => name);
  await expect.poll(bonds, { timeout: 30_000 }).not.toContain("Arm Cuff Two");
});

test("whoever walks away at any step is asked, and then forgotten", { timeout: 240_000 }, async () => {
  const at = await atTheKiosk({ visit: { goodbyeMs: 500 } });
  const { stage, journey, page } = at;
  await journey.open(stage.url);
  for (const [index, [last]] of steps.entries()) {
    const code = `sim-${2000 + index}`;
    await goTo(last, at, code);
    // Longer than anybody is waited for, also while a device is at work.
    stage.passTime(180_000);
    await journey.heading(en.away.title).waitFor();
    stage.passTime(30_000);
    await journey.heading(en.welcome.title).waitFor();
    const ended = stage.log.lines.findLast(({ event }) => event === "visit-ended");
    expect(ended?.fields).toMatchObject({ reason: "timed-out" });
    expect(await page.getByText(code).count()).toBe(0);
  }
  expect((await stage.store.sessions(0)).filter(({ endedAt }) => endedAt === null)).toEqual([]);
});

test("one touch is enough to stay", { timeout: 60_000 }, async () => {
  const at = await atTheKiosk();
  const { stage, journey, page } = at;
  await journey.open(stage.url);
  await journey.beginAsGuest();
  await page.getByRole("switch").or(journey.button(en.consent.yes)).first().waitFor();
  stage.passTime(60_000);
  await journey.heading(en.away.title).waitFor();
  await at.isAccessible();
  await journey.press(en.away.stay);
  await journey.heading(en.away.title).waitFor({ state: "hidden" });
  await journey.agree();
  expect(stage.gatewayEvents.findLast(({ type }) => type === "visit")).toMatchObject({ step: "choose" });
});

test("a no is respected: nothing is collected, and nothing is kept", { timeout: 60_000 }, async () => {
  const at = await atTheKiosk();
  const { stage, journey } = at;
  await journey.open(stage.url);
  await journey.beginAsGuest();
  await journey.refuse();
  await journey.heading(en.goodbye.refused.title).waitFor();
  await at.isAccessible();
  expect(await stage.store.sessions(0)).toEqual([]);
  expect(await stage.store.consents({ limit: 10 })).toEqual([]);
});
