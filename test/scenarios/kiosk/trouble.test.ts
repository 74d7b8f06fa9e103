import { expect, test } from "vitest";
import { en } from "../../../gateway/kiosk/web/messages/en.ts";
import { kioskBrowser } from "./kiosk-visit.ts";

/** What goes wrong around a visit is said in plain words, and costs nobody a reading. */

const atTheKiosk = kioskBrowser();
const limit = { timeout: 90_000 };

test("a wrong passkey is told, and the right one then pairs", limit, async () => {
  const { stage, journey, isAccessible, complaints } = await atTheKiosk();
  await journey.open(stage.url);
  await journey.beginAsGuest();
  await journey.agree();
  await journey.choose("blood-glucose-meter");
  await journey.openPairing();
  await stage.let("home-meter", { type: "wake" });
  await journey.chooseFound();
  await journey.enterPasskey("000000");
  await journey.button(en.tryAgain).waitFor();
  await isAccessible();
  await journey.press(en.tryAgain);
  await stage.let("home-meter", { type: "wake" });
  await journey.chooseFound();
  await journey.enterPasskey("314159");
  await journey.measureNow();
  expect(complaints).toEqual([]);
});

test("with the broker away a result is shown all the same, and delivered when the broker is back", limit, async () => {
  const { stage, journey, measure, complaints } = await atTheKiosk();
  stage.broker.stop();
  await journey.open(stage.url);
  await journey.beginAsGuest();
  await journey.agree();
  await journey.choose("blood-pressure-monitor");
  await journey.useKiosks();
  await measure("kiosk-cuff");
  await journey.heading(en.readings.kind["blood-pressure"]).waitFor();
  expect(await stage.store.counts()).toMatchObject({ waiting: 1 });
  stage.broker.start();
  await expect.poll(() => stage.sink.counts(), { timeout: 60_000 }).toMatchObject({ readings: 1 });
  expect(complaints).toEqual([]);
});

test("with the adapter pulled out the screen says so, and goes on when it is back", limit, async () => {
  const { stage, journey, measure, isAccessible, complaints } = await atTheKiosk();
  await journey.open(stage.url);
  await journey.beginAsGuest();
  await journey.agree();
  await journey.choose("blood-pressure-monitor");
  await journey.useKiosks();
  await stage.setAdapter(false);
  await journey.heading(en.failures.radioDown.title).waitFor();
  await isAccessible();
  await stage.setAdapter(true);
  await measure("kiosk-cuff");
  await journey.heading(en.readings.kind["blood-pressure"]).waitFor();
  expect(complaints).toEqual([]);
});
