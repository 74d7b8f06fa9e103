import { expect, test } from "vitest";
import type { Language } from "../../../gateway/kiosk/contract/visit-view.ts";
import { kioskBrowser } from "./kiosk-visit.ts";

/** The whole way of a visit, on the real service and over the simulated radio, in a browser. */

const atTheKiosk = kioskBrowser();
const languages: readonly Language[] = ["en", "es"];
const limit = { timeout: 120_000 };

test.each(languages)("a guest measures with the kiosk's cuff and leaves (%s)", limit, async (language) => {
  const { stage, page, journey, measure, isAccessible, complaints } = await atTheKiosk();
  await journey.open(stage.url, language);
  const { words } = journey;
  await isAccessible();
  await journey.begin();
  await isAccessible();
  await journey.press(words.who.guest);
  await page.getByRole("region").waitFor();
  await isAccessible();
  await journey.agree();
  await isAccessible();
  await journey.choose("blood-pressure-monitor");
  await isAccessible();
  await journey.useKiosks();
  await isAccessible();
  await measure("kiosk-cuff");
  await journey.heading(words.readings.kind["blood-pressure"]).waitFor();
  await isAccessible();
  await journey.press(words.goOn);
  await journey.heading(words.handOver.title).waitFor();
  await isAccessible();
  await journey.press(words.handOver.done);
  await journey.heading(words.goodbye.done.title).waitFor();
  await isAccessible();
  await journey.close();
  await expect.poll(() => stage.sink.counts()).toMatchObject({ readings: 1 });
  expect(complaints).toEqual([]);
});

test.each(languages)("a customer pairs a new meter by its passkey, and takes it home (%s)", limit, async (language) => {
  const { stage, journey, measure, isAccessible, complaints } = await atTheKiosk();
  await journey.open(stage.url, language);
  const { words } = journey;
  await journey.beginWith("sim-0007");
  await journey.agree({ trend: true });
  await journey.choose("blood-glucose-meter");
  await journey.openPairing();
  await isAccessible();
  await stage.let("home-meter", { type: "wake" });
  await journey.button(words.pair.thisOne).waitFor();
  await isAccessible();
  await journey.chooseFound();
  await journey.heading(words.pair.enterTitle).waitFor();
  await isAccessible();
  await journey.enterPasskey("314159");
  await journey.button(words.pair.measureNow).waitFor();
  await isAccessible();
  await journey.measureNow();
  await measure("home-meter");
  await journey.heading(words.readings.kind.glucose).waitFor();
  await isAccessible();
  await journey.press(words.goOn);
  await journey.press(words.handOver.home);
  await isAccessible();
  await journey.press(words.handOver.yes);
  await journey.heading(words.handOver.enrolledTitle).waitFor();
  await isAccessible();
  await journey.press(words.goOn);
  await journey.press(words.handOver.done);
  await journey.close();
  const assignment = (await stage.store.assignments()).find(({ person }) => person === "sim-0007");
  expect(assignment).toMatchObject({ userSlot: null, untilAt: null });
  const [delivered] = await stage.sink.readings({ afterPosition: 0, limit: 10 });
  expect(delivered?.reading).toMatchObject({
    person: "sim-0007",
    kind: "glucose",
    device: { id: assignment?.deviceId },
  });
  expect(complaints).toEqual([]);
});

test("a new cuff with two users goes home under the user that the customer says", limit, async () => {
  const { stage, journey, measure, isAccessible, complaints } = await atTheKiosk();
  await journey.open(stage.url);
  const { words } = journey;
  await journey.beginWith("sim-0007");
  await journey.agree();
  await journey.choose("blood-pressure-monitor");
  await journey.openPairing();
  await stage.let("home-cuff", { type: "wake" });
  await journey.chooseFound();
  await journey.button(words.pair.yes).waitFor();
  await isAccessible();
  await journey.authorise();
  await journey.measureNow();
  await measure("home-cuff");
  await journey.heading(words.readings.kind["blood-pressure"]).waitFor();
  await journey.press(words.goOn);
  await journey.press(words.handOver.home);
  await journey.heading(words.handOver.slotTitle).waitFor();
  await isAccessible();
  await journey.press(words.handOver.slot(1));
  await journey.press(words.handOver.yes);
  await journey.heading(words.handOver.enrolledTitle).waitFor();
  const own = (await stage.store.assignments()).filter(({ person }) => person === "sim-0007");
  expect(own).toMatchObject([{ userSlot: 1, untilAt: null }]);
  expect(complaints).toEqual([]);
});
