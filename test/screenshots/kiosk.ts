import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import type { Language } from "../../gateway/kiosk/contract/visit-view.ts";
import { chromiumOptions } from "../doubles/chromium.ts";
import { KioskJourney, kioskSizes } from "../doubles/kiosk-journey.ts";
import { type KioskStage, openKioskStage } from "../doubles/kiosk-stage.ts";

/**
 * Pictures of the kiosk with simulated devices and a simulated person: `node test/screenshots/kiosk.ts` makes those of
 * the README, and `node test/screenshots/kiosk.ts FOLDER` every screen of the journey in three sizes and two languages.
 * The kiosk's time begins at the same moment each time, so that the pictures tell the same story.
 */
const folder = process.argv[2];
const readme = join(import.meta.dirname, "../../gateway/kiosk/screenshots");
/** After the program was released: a gateway believes no clock that says otherwise. */
const startAt = Date.UTC(2026, 11, 3, 10, 20);

type Size = keyof typeof kioskSizes;

interface Wanted {
  readonly folder: string;
  readonly size: Size;
  readonly language: Language;
  /** Which screens; null for all of them. */
  readonly screens: ReadonlySet<string> | null;
  /** In front of each picture's name. */
  readonly prefix: string;
  /** Pixels of a picture for each of the page. */
  readonly scale: number;
}

const browser = await chromium.launch(chromiumOptions);
try {
  if (folder === undefined) await readmePictures(browser);
  else await everyPicture(browser, folder);
} finally {
  await browser.close();
}

async function readmePictures(from: Browser): Promise<void> {
  const shared = { folder: readme, scale: 0.5 };
  const screens = new Set(["welcome", "consent", "measure", "result", "passkey", "hand-over"]);
  await pictures(from, { ...shared, size: "portrait", language: "en", screens, prefix: "" });
  await pictures(from, { ...shared, size: "landscape", language: "es", screens: new Set(["result"]), prefix: "es-" });
  await pictures(from, { ...shared, size: "landscape", language: "en", screens: new Set(["staff"]), prefix: "" });
}

async function everyPicture(from: Browser, into: string): Promise<void> {
  const sizes = ["portrait", "landscape", "tablet"] as const;
  const languages = ["en", "es"] as const;
  for (const size of sizes) {
    for (const language of languages) {
      await pictures(from, { folder: into, size, language, screens: null, prefix: `${size}-${language}-`, scale: 1 });
    }
  }
}

async function pictures(from: Browser, wanted: Wanted): Promise<void> {
  mkdirSync(wanted.folder, { recursive: true });
  const stage = await openKioskStage({ startAt, withHistory: true });
  const { viewport } = kioskSizes[wanted.size];
  const context = await from.newContext({ viewport, timezoneId: "UTC", reducedMotion: "reduce" });
  const page = await context.newPage();
  const journey = new KioskJourney(page);
  const take = async (name: string): Promise<void> => {
    if (wanted.screens?.has(name) === false) return;
    await page.mouse.move(0, 0);
    await page.evaluate("document.activeElement?.blur()");
    // What was pressed has let go.
    await page.locator("[data-pressed]").first().waitFor({ state: "detached" });
    const path = join(wanted.folder, `${wanted.prefix}${name}.png`);
    // The picture is made smaller by the browser itself: a page that is zoomed would be another page.
    const whole = await page.screenshot({ scale: "css" });
    if (wanted.scale === 1) await page.screenshot({ path });
    else await shrink(from, { whole, path, width: viewport.width * wanted.scale });
  };
  try {
    await journey.open(stage.url, wanted.language);
    await measureWithCuff({ stage, journey, take });
    await pairMeter({ stage, journey, take });
    if (wanted.screens === null || wanted.screens.has("staff")) await staffView({ stage, journey, take });
  } finally {
    await context.close();
    await stage.stop();
  }
}

interface Scene {
  readonly stage: KioskStage;
  readonly journey: KioskJourney;
  readonly take: (name: string) => Promise<void>;
}

/** Somebody who has measured here before. */
async function measureWithCuff({ stage, journey, take }: Scene): Promise<void> {
  const { words, page } = journey;
  await take("welcome");
  await journey.begin();
  await take("who");
  await page.keyboard.type("sim-0001");
  await page.keyboard.press("Enter");
  await page.getByRole("switch").click();
  await take("consent");
  await journey.agree();
  await take("choose");
  await journey.choose("blood-pressure-monitor");
  await take("devices");
  await journey.useKiosks();
  await journey.press(words.next);
  await take("measure");
  await stage.clock.sleep(2_500);
  await stage.let("kiosk-cuff", { type: "measure", person: "sim-0001", times: 1, remark: "body-movement" });
  await journey.heading(words.readings.kind["blood-pressure"]).waitFor();
  await page.locator("canvas").waitFor();
  await stage.clock.sleep(1_500);
  await take("result");
  await journey.press(words.goOn);
  await journey.press(words.handOver.done);
  await journey.heading(words.goodbye.done.title).waitFor();
  await take("goodbye");
}

/** A guest with a new meter. */
async function pairMeter({ stage, journey, take }: Scene): Promise<void> {
  const { words } = journey;
  const language: Language = words.goodbye.close === "Close now" ? "en" : "es";
  await journey.close();
  if (language !== "en") await journey.switchTo(language);
  await journey.beginAsGuest();
  await journey.agree();
  await journey.choose("blood-glucose-meter");
  await journey.press(words.choose.own);
  await take("prepare");
  await journey.press(words.pair.ready);
  await take("searching");
  await stage.let("home-meter", { type: "wake" });
  await journey.button(words.pair.thisOne).waitFor();
  await take("found");
  await journey.chooseFound();
  await journey.heading(words.pair.enterTitle).waitFor();
  for (const digit of "3141") await journey.page.getByRole("button", { name: digit, exact: true }).click();
  await take("passkey");
  for (const digit of "59") await journey.page.getByRole("button", { name: digit, exact: true }).click();
  await journey.press(words.pair.connect);
  await journey.button(words.pair.measureNow).waitFor();
  await take("paired");
  await journey.measureNow();
  // Nobody measures within two seconds of pairing: a reading that may be from before it is nobody's.
  await stage.clock.sleep(5_000);
  await stage.let("home-meter", { type: "measure", person: "sim-0001", times: 1 });
  await journey.heading(words.readings.kind.glucose).waitFor();
  await stage.clock.sleep(1_500);
  await take("result-glucose");
  await journey.press(words.goOn);
  await journey.heading(words.handOver.title).waitFor();
  await take("hand-over");
  await journey.cancel();
}

async function staffView({ stage, journey, take }: Scene): Promise<void> {
  const { page } = journey;
  await stage.let("kiosk-cuff", { type: "measure", times: 1, remark: "none" });
  await stage.clock.sleep(4_000);
  // The browser's own clock says when the view is of.
  await page.clock.setSystemTime(stage.clock.now());
  await page.goto(new URL("/staff", stage.url).href);
  await page.getByRole("textbox").first().fill(stage.staff.name);
  for (const digit of stage.staff.pin) await page.getByRole("button", { name: digit, exact: true }).click();
  await page.getByRole("button", { name: /^(?:Sign in|Entrar|Iniciar)/ }).click();
  await stage.clock.sleep(2_000);
  await take("staff");
}

async function shrink(
  from: Browser,
  { whole, path, width }: { readonly whole: Buffer; readonly path: string; readonly width: number },
): Promise<void> {
  const page = await from.newPage({ viewport: { width, height: 600 } });
  const image = `data:image/png;base64,${whole.toString("base64")}`;
  await page.setContent(`<body style="margin:0"><img style="display:block;width:${width}px" src="${image}">`);
  await page.locator("img").screenshot({ path });
  await page.close();
}
