import type { Page } from "playwright-core";
import { standardConsent } from "../../../../gateway/kiosk/consent/consent-texts.ts";
import { expect, test } from "vitest";
import { testBrowser } from "../../../doubles/test-browser.ts";
import type { VisitView } from "../../../../gateway/kiosk/contract/visit-view.ts";
import { csrfToken, type Asked, type Script } from "../../../doubles/scripted-kiosk.ts";
import { openScreen, slowlyMs, welcome } from "./page-rig.ts";
import {
  consentVisit,
  cuff,
  emptyVisit,
  kioskView,
  pairVisit,
  pressure,
  pressureNote,
  pressureTrend,
  resultVisit,
} from "./views.ts";

const browser = testBrowser();

const options = { timeout: slowlyMs };
const busy = { ...kioskView, isBusy: true };

/** A visit that begins with the text of consent. */
const beginning: Script = ({ method, path }) =>
  method === "POST" && path === "/api/visit" ? { kiosk: busy, visit: consentVisit("en") } : undefined;

const heading = (page: Page): Promise<string> => page.locator("h1").innerText();
const at = (page: Page, title: string): Promise<void> => page.getByRole("heading", { level: 1, name: title }).waitFor();
const press = (page: Page, name: string): Promise<void> => page.getByRole("button", { name, exact: true }).click();
const told = (asked: readonly Asked[], path: string): unknown => asked.findLast((each) => each.path === path)?.body;

test("a scanner begins a visit from the welcome screen, without a touch", options, async () => {
  const { page, kiosk, complaints } = await openScreen(browser(), welcome, beginning);
  await page.keyboard.type("ab12-CD.34");
  await page.keyboard.press("Enter");
  await at(page, "May we keep your readings?");
  expect(told(kiosk.asked, "/api/visit")).toEqual({ person: "ab12-CD.34", language: "en" });
  expect(kiosk.asked.every(({ csrf }) => csrf === csrfToken)).toBe(true);
  expect(complaints).toEqual([]);
});

test("a code is typed with a finger, erased, masked after a moment, and refused if it is none", options, async () => {
  const { page, kiosk } = await openScreen(browser(), welcome, beginning);
  await press(page, "Begin");
  for (const key of ["4", "2", "7"]) await press(page, key);
  await press(page, "Erase the last character");
  const field = page.getByLabel("Your code");
  expect(await field.inputValue()).toBe("42");
  expect(await field.getAttribute("autocomplete")).toBe("off");
  await page.locator(".code__field--masked").waitFor();
  await field.fill("not a code");
  await press(page, "Continue with this code");
  await page.getByText("This is not a code we can read").waitFor();
  expect(kiosk.asked).toEqual([]);
  await press(page, "Continue without a code");
  await at(page, "May we keep your readings?");
  expect(told(kiosk.asked, "/api/visit")).toEqual({ person: null, language: "en" });
});

test("consent is decided on the text that was shown, and the trend is off until it is chosen", options, async () => {
  const { page, kiosk } = await openScreen(browser(), { kiosk: busy, visit: consentVisit("en") });
  const toggle = page.getByRole("switch");
  expect(await toggle.getAttribute("aria-checked")).toBe("false");
  const [no, yes] = await page.evaluate<readonly unknown[]>(sizeAndLook);
  expect(no).toBeDefined();
  expect(no).toEqual(yes);
  await toggle.click();
  await press(page, "No, I do not agree");
  const decision = { version: "2", sha256: "a".repeat(64), decision: "refused", trend: false };
  await expect.poll(() => told(kiosk.asked, "/api/visit/consent")).toEqual(decision);
  await press(page, "Yes, I agree");
  await expect
    .poll(() => told(kiosk.asked, "/api/visit/consent"))
    .toEqual({ ...decision, decision: "given", trend: true });
});

/** What makes one answer look weightier than another. Run in the page. */
const sizeAndLook = `[...document.querySelectorAll(".screen__actions .button")].map((button) => {
  const { width, height } = button.getBoundingClientRect();
  const { backgroundColor, color, fontWeight, borderColor } = getComputedStyle(button);
  return { width, height, backgroundColor, color, fontWeight, borderColor };
})`;

test("the keyboard is enough: each new screen has the focus on its heading", options, async () => {
  const chosen: VisitView = { ...emptyVisit, kind: "blood-pressure-monitor", devices: [cuff] };
  const script: Script = ({ path }) => (path.endsWith("/kind") ? { kiosk: busy, visit: chosen } : undefined);
  const { page, kiosk } = await openScreen(browser(), { kiosk: busy, visit: emptyVisit }, script);
  await at(page, "What would you like to measure?");
  expect(await focused(page)).toBe("What would you like to measure?");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await at(page, "Which device would you like to use?");
  expect(await focused(page)).toBe("Which device would you like to use?");
  expect(told(kiosk.asked, "/api/visit/kind")).toEqual({ kind: "blood-pressure-monitor" });
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  await at(page, "Get your device ready");
  await press(page, "Back");
  await at(page, "Which device would you like to use?");
});

test("what is agreed to is decided in sight of it, however long the text and small the screen", options, async () => {
  const visit = { ...consentVisit("en"), consentText: standardConsent.text("en") };
  const { page } = await openScreen(browser(), { kiosk: busy, visit });
  await page.setViewportSize({ width: 820, height: 1180 });
  await expect.poll(() => page.evaluate<number>("document.documentElement.scrollHeight")).toBe(1180);
  const text = page.locator(".reading");
  expect(await text.evaluate((box) => box.scrollHeight > box.clientHeight && box.clientHeight > 400)).toBe(true);
});

test("back from the consent is back to the code, in the language that was chosen", options, async () => {
  const { page } = await openScreen(browser(), welcome, (asked) => {
    const language = "es" as const;
    if (asked.method === "DELETE") {
      return { kiosk: kioskView, visit: { ...emptyVisit, language, step: "goodbye", ended: "cancelled" } };
    }
    return asked.path === "/api/visit" ? { kiosk: busy, visit: { ...consentVisit(language), language } } : undefined;
  });
  await press(page, "Español");
  await press(page, "Empezar");
  await page.keyboard.type("sim-0001");
  await page.keyboard.press("Enter");
  await at(page, "¿Podemos guardar sus mediciones?");
  await press(page, "Atrás");
  await at(page, "¿Tiene un código?");
  expect(await page.getByRole("textbox").inputValue()).toBe("");
});

const focused = (page: Page): Promise<string | null> => page.evaluate("document.activeElement?.textContent ?? null");

test("six digits are typed at the keys or the keyboard, and sent as the answer to that question", options, async () => {
  const asking = pairVisit({ phase: "asking", question: { number: 7, ask: "enter-passkey" } });
  const { page, kiosk } = await openScreen(browser(), { kiosk: busy, visit: asking });
  await press(page, "0");
  await page.keyboard.type("48213");
  await press(page, "Connect");
  await expect
    .poll(() => told(kiosk.asked, "/api/visit/pairing/answer"))
    .toEqual({ number: 7, answer: { type: "passkey", passkey: "048213" } });
});

test("digits are compared by two large buttons", options, async () => {
  const asking = pairVisit({ phase: "asking", question: { number: 3, ask: "confirm-passkey", passkey: "048213" } });
  const { page, kiosk } = await openScreen(browser(), { kiosk: busy, visit: asking });
  await page.getByText("0 4 8 2 1 3").waitFor({ state: "attached" });
  await press(page, "No, different");
  await expect
    .poll(() => told(kiosk.asked, "/api/visit/pairing/answer"))
    .toEqual({ number: 3, answer: { type: "no" } });
});

test("what is refused is said in plain words, and goes with the next thing that works", options, async () => {
  const script: Script = ({ path }) => (path.endsWith("/choice") ? "device-signal-weak" : undefined);
  const near = { token: "candidate-1", name: "BP-2210", kind: null, signal: 3, isNear: true };
  const { page } = await openScreen(browser(), { kiosk: busy, visit: pairVisit({ candidates: [near] }) }, script);
  await press(page, "Yes, connect it");
  await page.getByText("The device is too far away").waitFor();
  expect(await page.locator("main").innerText()).not.toContain("device-signal-weak");
  await page.locator(".refused .button").click();
  await page.getByText("The device is too far away").waitFor({ state: "detached" });
});

test("to stop asks once, and then ends the visit", options, async () => {
  const script: Script = ({ method }) =>
    method === "DELETE"
      ? { kiosk: kioskView, visit: { ...emptyVisit, step: "goodbye", ended: "cancelled" } }
      : undefined;
  const { page, kiosk } = await openScreen(browser(), { kiosk: busy, visit: resultVisit(pressure) }, script);
  await press(page, "Stop");
  await press(page, "No, go on");
  expect(kiosk.asked.filter(({ method }) => method === "DELETE")).toEqual([]);
  await press(page, "Stop");
  await press(page, "Yes, stop");
  await at(page, "Stopped");
  expect(await page.locator("body").innerText()).not.toContain("128");
  await press(page, "Close now");
  await page.getByRole("button", { name: "Begin" }).waitFor();
});

test("whoever is away is warned, and stays by one touch", options, async () => {
  const visit = resultVisit(pressure);
  const script: Script = ({ path }) => (path.endsWith("/touch") ? { kiosk: busy, visit } : undefined);
  const { page, kiosk } = await openScreen(browser(), { kiosk: busy, visit }, script);
  kiosk.show({ visit: { ...visit, endsInMs: 30_000 } });
  const dialog = page.getByRole("dialog", { name: "Are you still here?" });
  await dialog.waitFor();
  expect(await dialog.locator(":focus").count()).toBe(1);
  expect(await dialog.innerText()).toMatch(/in (?:30|29|28|27) s/);
  await press(page, "I am still here");
  await dialog.waitFor({ state: "detached" });
  expect(await heading(page)).toBe("Blood pressure");
});

test("two people, one after the other: nothing of the first is left", options, async () => {
  const { page, kiosk, complaints } = await openScreen(browser());
  kiosk.show({ kiosk: busy, visit: { ...resultVisit(pressure, pressureTrend), language: "es" } });
  await at(page, "Presión arterial");
  await press(page, "Alto contraste");
  await press(page, "Texto más grande");
  const steps = await page.evaluate("history.length");
  await page.evaluate(watchFirstSight);
  kiosk.show(welcome);
  expect(await page.evaluate<string>("firstSight")).toBe("plain");
  await page.getByRole("button", { name: "Begin" }).waitFor();
  const left = await page.evaluate<Left>(leftBehind);
  expect(left).toEqual({ stored: 0, cookies: "", steps, contrast: "plain", text: "plain", language: "en" });
  expect(await page.content()).not.toMatch(/>128|mmHg|ACC\/AHA|Presión/);
  await page.goBack();
  await page.goForward();
  await page.getByRole("button", { name: "Begin" }).waitFor();
  expect(await page.content()).not.toMatch(/>128|mmHg|ACC\/AHA|Presión/);
  expect(complaints).toEqual([]);
});

/** How the welcome is drawn at the very moment that it is there. */
const watchFirstSight = `globalThis.firstSight = new Promise((resolve) => {
  const watcher = new MutationObserver(() => {
    if (!document.querySelector("main")?.textContent.includes("Begin")) return;
    watcher.disconnect();
    resolve(document.documentElement.dataset.contrast);
  });
  watcher.observe(document.body, { childList: true, subtree: true, characterData: true });
}), undefined`;

interface Left {
  readonly stored: number;
  readonly cookies: string;
  readonly steps: number;
  readonly contrast: string;
  readonly text: string;
  readonly language: string;
}

const leftBehind = `indexedDB.databases().then((databases) => ({
  stored: localStorage.length + sessionStorage.length + databases.length,
  cookies: document.cookie,
  steps: history.length,
  contrast: document.documentElement.dataset.contrast,
  text: document.documentElement.dataset.text,
  language: document.documentElement.lang,
}))`;

test("a screen that was cut off connects again, and shows what is true then", options, async () => {
  const { page, kiosk } = await openScreen(browser());
  kiosk.cut();
  kiosk.show({ kiosk: { ...kioskView, outOfOrder: "radio-down" } });
  await at(page, "Measuring is not possible just now");
  kiosk.show(welcome);
  await page.getByRole("button", { name: "Begin" }).waitFor();
  expect(await heading(page)).toContain("in a few minutes");
});

test("the unit is the device's own, and the kiosk's stands small beside it", options, async () => {
  const concentration = { value: "5.4", unit: "mmol/L", absent: null } as const;
  const visit = resultVisit({
    ...pressure,
    kind: "glucose",
    systolic: null,
    pulseRate: null,
    concentration,
    note: null,
  });
  const { page } = await openScreen(browser(), { kiosk: busy, visit });
  expect((await page.locator(".value").innerText()).replaceAll(/\s+/g, " ")).toBe("5.4 mmol/L");
  await page.getByText("about 97 mg/dL").waitFor();
});

test("a result that cannot wait says whom to call, by the number of the place", options, async () => {
  const note = pressureNote("hypertensive-crisis", "urgent");
  const systolic = { value: "186", unit: "mmHg", absent: null } as const;
  const visit = resultVisit({ ...pressure, systolic, note });
  const { page, kiosk } = await openScreen(browser(), { kiosk: { ...busy, emergencyNumber: "112" }, visit });
  await page.getByText("call 112 now").waitFor();
  kiosk.show({ kiosk: { ...busy, emergencyNumber: "061" }, visit });
  await page.getByText("call 061 now").waitFor();
  expect(await page.locator("body").innerText()).not.toContain("{");
});

test("paper holds the result, and nothing of the screen", options, async () => {
  const handOver: VisitView["handOver"] = { devices: [], state: "offered" };
  const visit: VisitView = { ...resultVisit(pressure), step: "hand-over", handOver };
  const { page } = await openScreen(browser(), { kiosk: busy, visit });
  await page.emulateMedia({ media: "print" });
  const printed = await page.locator("body").innerText();
  expect(printed).toContain("128/82 mmHg, pulse 71/min");
  expect(printed).not.toMatch(/Finish|Carepost|Español/);
});
