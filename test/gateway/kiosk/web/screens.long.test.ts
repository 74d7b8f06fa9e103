import { expect, test } from "vitest";
import { testBrowser } from "../../../doubles/test-browser.ts";
import type { Language } from "../../../../gateway/kiosk/contract/visit-view.ts";
import { accessibilityFaults } from "../../../doubles/axe.ts";
import { moments } from "./moments.ts";
import { bring, openScreen, slowlyMs } from "./page-rig.ts";

const browser = testBrowser();

const looks = (["en", "es"] as const).flatMap((language: Language) => [
  { language, isLarge: false, isHighContrast: false },
  { language, isLarge: true, isHighContrast: true },
]);

const sizes = [
  { width: 1920, height: 1080 },
  { width: 820, height: 1180 },
  { width: 1180, height: 820 },
  { width: 800, height: 1280 },
  { width: 1280, height: 800 },
  { width: 1080, height: 1920 },
];
const tablets = sizes.slice(1, 5);

/** Larger text may be longer than the screen, and is then scrolled downwards; nothing is ever wider. */
test.for(looks)(
  "every screen can be used by everybody, and fits: $language, larger text $isLarge, high contrast $isHighContrast",
  { timeout: slowlyMs },
  async (look) => {
    const screen = await openScreen(browser());
    const wrong: string[] = [];
    for (const moment of moments) {
      await bring(screen, moment, look);
      for (const size of look.isLarge ? tablets : sizes) {
        await screen.page.setViewportSize(size);
        const found = await screen.page.evaluate<readonly string[]>(misfits);
        const counted = found.filter((misfit) => !look.isLarge || !misfit.startsWith("higher"));
        wrong.push(...counted.map((misfit) => `${moment.name} at ${size.width}×${size.height}: ${misfit}`));
      }
      wrong.push(...(await accessibilityFaults(screen.page)).map((fault) => `${moment.name}: ${fault}`));
    }
    expect(wrong).toEqual([]);
    expect(screen.complaints).toEqual([]);
  },
);

/** Run in the page: what is wider or higher than the screen, cut off, or too small for a finger. */
const misfits = `(async () => {
  // Heights that follow the screen's, and the curve, are those of the new size some frames later: until then the page may
  // look right as well as wrong.
  let found = [];
  let since = 0;
  for (let frame = 0; frame < 60 && frame - since < 8; frame += 1) {
    await new Promise(requestAnimationFrame);
    const now = look();
    if (now.join() !== found.join()) since = frame;
    found = now;
  }
  return found;

  function look() {
    const found = [];
    const root = document.documentElement;
    if (root.scrollWidth > innerWidth) found.push("wider by " + (root.scrollWidth - innerWidth));
    if (root.scrollHeight > innerHeight) found.push("higher by " + (root.scrollHeight - innerHeight));
    const shown = [...document.querySelectorAll("h1, h2, p, li, button, input, span")]
      .filter((each) => each.getClientRects().length > 0 && each.closest(".unseen, .reading, .trend__table, .paper-page") === null);
    for (const each of shown) {
      const { left, right, width, height } = each.getBoundingClientRect();
      const name = each.tagName.toLowerCase() + "." + each.className + " " + (each.textContent ?? "").slice(0, 30);
      if (left < -1 || right > innerWidth + 1) found.push("outside: " + name);
      if (each.clientWidth > 0 && each.scrollWidth > each.clientWidth + 1) found.push("cut off: " + name);
      if (each.tagName !== "BUTTON") continue;
      if (width < 63.5 || height < 63.5) found.push("small: " + name + " " + width + "×" + height);
      if (each.className.includes("button--large") && height < 87.5) found.push("not large: " + name + " " + height);
    }
    return found;
  }
})()`;
