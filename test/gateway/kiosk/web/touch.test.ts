import { expect, test } from "vitest";
import { testBrowser } from "../../../doubles/test-browser.ts";
import type { VisitView } from "../../../../gateway/kiosk/contract/visit-view.ts";
import { withSameParts } from "../../../../gateway/kiosk/web/live/same-parts.ts";
import { openScreen, slowlyMs } from "./page-rig.ts";
import { cuff, emptyVisit, kioskView, pressure, pressureTrend, resultVisit } from "./views.ts";

const browser = testBrowser();

const options = { timeout: slowlyMs };
const busy = { ...kioskView, isBusy: true };

test("what is touched shows it before the finger has left, and no longer once it has", options, async () => {
  const { page } = await openScreen(browser());
  const begin = page.getByRole("button", { name: "Begin" });
  const shadow = (): Promise<string> =>
    page.evaluate<string>(`getComputedStyle(document.querySelector("main .button")).boxShadow`);
  const before = await shadow();
  await begin.hover();
  await page.mouse.down();
  expect(await begin.getAttribute("data-pressed")).toBe("");
  expect(await shadow()).not.toBe(before);
  await page.mouse.move(0, 0);
  await page.mouse.up();
  await expect.poll(() => begin.getAttribute("data-pressed"), { timeout: slowlyMs / 12 }).toBe(null);
  expect(await shadow()).toBe(before);
});

test("what cannot be pressed shows no touch", options, async () => {
  const { page } = await openScreen(browser());
  await page.getByRole("button", { name: "Begin" }).click();
  const done = page.getByRole("button", { name: "Continue with this code" });
  const box = await done.boundingBox();
  await page.mouse.move((box?.x ?? 0) + 40, (box?.y ?? 0) + 40);
  await page.mouse.down();
  expect(await done.isDisabled()).toBe(true);
  expect(await done.getAttribute("data-pressed")).toBe(null);
  await page.mouse.up();
});

test("when an answer is long in coming, the screen says that it works on it", options, async () => {
  const chosen: VisitView = { ...emptyVisit, kind: "blood-pressure-monitor", devices: [cuff] };
  const { page } = await openScreen(browser(), { kiosk: busy, visit: emptyVisit }, () => ({
    kiosk: busy,
    visit: chosen,
  }));
  const { promise: released, resolve: release } = Promise.withResolvers<undefined>();
  await page.route("**/api/visit/kind", async (route) => {
    await released;
    await route.continue();
  });
  await page.getByRole("button", { name: "Blood pressure" }).click();
  const said = page.getByRole("status").filter({ hasText: "One moment, please" });
  await said.waitFor();
  release(undefined);
  await page.getByRole("heading", { name: "Which device would you like to use?" }).waitFor();
  await expect.poll(() => said.count(), { timeout: slowlyMs / 12 }).toBe(0);
});

test("what the first change needs was asked for before anybody makes one", options, async () => {
  const { page } = await openScreen(browser());
  const asked = `performance.getEntriesByName(new URL("/api/session", location.href).href).length`;
  await expect.poll(() => page.evaluate(asked), { timeout: slowlyMs / 12 }).toBe(1);
});

test("a curve is not drawn anew because something else has changed", options, async () => {
  const visit = resultVisit(pressure, pressureTrend);
  const { page, kiosk } = await openScreen(browser(), { kiosk: busy, visit });
  await page.locator(".trend canvas").waitFor();
  await page.evaluate(`document.querySelector(".trend canvas").dataset.drawn = "once"`);
  kiosk.show({ visit: { ...visit, trend: structuredClone(visit.trend), language: "en", endsInMs: 30_000 } });
  await page.getByRole("dialog").waitFor();
  expect(await page.locator(`.trend canvas[data-drawn="once"]`).count()).toBe(1);
});

test("back, pressed in the first frame of a screen, leads where that screen came from", options, async () => {
  const visit: VisitView = { ...emptyVisit, kind: "blood-pressure-monitor", devices: [cuff] };
  const { page } = await openScreen(browser(), { kiosk: busy, visit });
  await page.evaluate(backAtOnce);
  await page.getByRole("button", { name: "My own device" }).click();
  await page.waitForFunction("hasGoneBack");
  await page.getByRole("heading", { name: "Get your device ready" }).waitFor({ state: "detached" });
  expect(await page.locator("h1").innerText()).toBe("Which device would you like to use?");
});

const backAtOnce = `
  globalThis.hasGoneBack = false;
  const seen = new MutationObserver(() => {
    if (!document.querySelector("h1").textContent.startsWith("Get your device ready")) return;
    seen.disconnect();
    requestAnimationFrame(() => {
      document.querySelector(".foot .button").click();
      hasGoneBack = true;
    });
  });
  seen.observe(document.querySelector("main"), { childList: true, subtree: true });
  undefined`;

test("a snapshot keeps what the one before it has said already", () => {
  const older = { step: "result", trend: { points: [1, 2] }, results: [{ id: "a" }] };
  expect(withSameParts(structuredClone(older), older)).toBe(older);
  const newer = withSameParts({ ...structuredClone(older), results: [{ id: "b" }] }, older);
  expect(newer).toEqual({ ...older, results: [{ id: "b" }] });
  expect(newer.trend).toBe(older.trend);
});
