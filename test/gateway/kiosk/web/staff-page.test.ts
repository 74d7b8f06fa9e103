import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { broken, inEnglish, say } from "../../../../gateway/ops/doctor.ts";
import { checkOf } from "../../../doubles/staff-checks.ts";
import { staffPin } from "../../../doubles/scripted-staff.ts";
import { busyView, calmView, urgentView } from "../../../doubles/staff-samples.ts";
import { builtPages } from "../../../doubles/built-pages.ts";
import {
  expectAccessible,
  expectFits,
  launchBrowser,
  look,
  type LookOptions,
  signIn,
  slowly,
} from "./staff-browser.ts";

let browser: Browser;
const folder = builtPages;

beforeAll(async () => {
  browser = await launchBrowser();
}, slowly);

afterAll(() => browser.close());

/** All that a page shows, and all that a browser can keep of it. */
const everythingKept = `(async () => [
  document.documentElement.outerHTML,
  ...[...document.querySelectorAll("input")].map(({ value }) => value),
  JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie, location.href,
  ...(await caches.keys()),
  ...(await indexedDB.databases()).map(({ name }) => name),
].join("\\n"))()`;

const looks: readonly Omit<LookOptions, "path">[] = [
  { size: "kiosk", language: "en-US", theme: "light" },
  { size: "tablet", language: "es-US", theme: "dark" },
  { size: "phone", language: "en-US", theme: "dark" },
  { size: "kiosk", language: "es-US", theme: "light" },
];

test.for(looks)("every state of the staff view is accessible and fits: %j", { timeout: slowly }, async (options) => {
  const { page, gateway, complaints } = await look({ browser, folder }, { path: "/staff", ...options });
  await page.locator(".pin").waitFor();
  await expectAccessible(page);
  await expectFits(page);
  await signIn(page);
  await page.locator(".verdict--all-right").waitFor();
  await expectAccessible(page);
  await expectFits(page);
  for (const [view, verdict] of [
    [busyView(Date.now()), "attention"],
    [urgentView(Date.now()), "urgent"],
  ] as const) {
    gateway.staff = view;
    gateway.tell();
    await page.locator(`.verdict--${verdict}`).waitFor();
    await expectAccessible(page);
    await expectFits(page);
  }
  await page.locator(".device__actions .button").first().click();
  await page.locator("dialog").waitFor();
  await expectAccessible(page);
  expect(complaints).toEqual([]);
});

test("one glance says that everything is all right, and the live event what changed", { timeout: slowly }, async () => {
  const { page, gateway, complaints } = await look({ browser, folder }, { path: "/staff" });
  await signIn(page);
  await page.getByRole("heading", { name: "Everything is all right", level: 1 }).waitFor();
  gateway.staff = busyView(Date.now());
  gateway.tell();
  await page.getByRole("heading", { name: "Something needs a hand", level: 1 }).waitFor();
  const alerts = page.locator(".alerts h2");
  expect(await alerts.allTextContents()).toEqual([
    "There is no connection · 18 readings wait",
    "A device has to be paired again · Contour Next",
    "A battery is low · UA-651BLE",
    "Readings wait for your decision · 3 readings",
  ]);
  await page.getByRole("button", { name: "Show: Readings wait for your decision" }).click();
  expect(await page.evaluate<string>("document.activeElement?.id ?? ''")).toBe("held-title");
  expect(complaints).toEqual([]);
});

test(
  "readings are given to a person, and discarded, each after a word of confirmation",
  { timeout: slowly },
  async () => {
    const { page, gateway, complaints } = await look({ browser, folder }, { path: "/staff" });
    gateway.staff = busyView(Date.now());
    await signIn(page);
    const rows = page.locator(".held__row");
    await rows.first().click();
    await page.getByRole("button", { name: "Give to a person…" }).click();
    const yes = page.getByRole("button", { name: "Give and deliver" });
    expect(await yes.isDisabled()).toBe(true);
    await page.getByLabel("The person's code", { exact: true }).fill("sim-0001");
    await yes.click();
    await page.locator("dialog").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Choose all" }).click();
    await page.getByText("3 readings chosen").waitFor();
    await page.getByRole("button", { name: "Discard…" }).click();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Discard…" }).click();
    await page.locator("dialog").getByRole("button", { name: "Discard", exact: true }).click();
    await page.locator("dialog").waitFor({ state: "detached" });
    const ids = gateway.staff.held.map(({ reading }) => reading.id);
    expect(gateway.asked.slice(1)).toEqual([
      { path: "/api/staff/held/assign", body: { readings: ids.slice(0, 1), person: "sim-0001" } },
      { path: "/api/staff/held/discard", body: { readings: ids } },
    ]);
    expect(complaints).toEqual([]);
  },
);

test("a refused decision says why in plain words, and stays to be changed", { timeout: slowly }, async () => {
  const { page, gateway } = await look({ browser, folder }, { path: "/staff", language: "es-US" });
  await signIn(page);
  await page.getByRole("button", { name: "Asignar…" }).first().click();
  await page.getByLabel("El código de la persona", { exact: true }).fill("sim-0099");
  gateway.refusal = { status: 409, code: "consent-not-standing" };
  await page.getByRole("button", { name: "Asignar", exact: true }).click();
  await page.getByText("El consentimiento de esta persona no está vigente aquí.").waitFor();
  expect(gateway.asked.at(-1)).toEqual({
    path: "/api/staff/assignments",
    body: { deviceId: "cuff-1", userSlot: null, person: "sim-0099", consent: null },
  });
  await page.getByRole("button", { name: "Asignar", exact: true }).click();
  await page.locator("dialog").waitFor({ state: "detached" });
});

test("devices, assignments, a consent and a visit are decided on from one page", { timeout: slowly }, async () => {
  const { page, gateway, complaints } = await look({ browser, folder }, { path: "/staff", size: "kiosk" });
  gateway.staff = busyView(Date.now());
  await signIn(page);
  const confirm = async (open: string, yes: string): Promise<void> => {
    await page.getByRole("button", { name: open }).first().click();
    await page.locator("dialog").getByRole("button", { name: yes, exact: true }).click();
    await page.locator("dialog").waitFor({ state: "detached" });
  };
  await confirm("No longer at the kiosk", "Take it away");
  await confirm("Keep at the kiosk", "Keep it here");
  await confirm("Forget…", "Forget it");
  await confirm("End… sim-0007", "End it");
  await confirm("End the visit…", "End it");
  await page.getByRole("button", { name: "Withdraw…" }).click();
  await page.getByRole("button", { name: "Keys on the screen" }).last().click();
  for (const key of "sim-1") await page.locator("dialog .keys").getByRole("button", { name: key, exact: true }).click();
  await page.locator("dialog").getByRole("button", { name: "Withdraw", exact: true }).click();
  await page.getByText("The consent is withdrawn.").waitFor();
  expect(gateway.asked.slice(1)).toEqual([
    { path: "/api/staff/devices/kiosk", body: { deviceId: "cuff-1", isKiosks: false } },
    { path: "/api/staff/devices/kiosk", body: { deviceId: "meter-1", isKiosks: true } },
    { path: "/api/staff/devices/forget", body: { deviceId: "cuff-1" } },
    { path: "/api/staff/assignments/end", body: { id: "assignment-1" } },
    { path: "/api/staff/visit/end", body: {} },
    { path: "/api/staff/consents/withdraw", body: { person: "sim-1" } },
  ]);
  expect(complaints).toEqual([]);
});

const refused = { code: "store-key-wrong", message: "the key does not fit", remedy: "Give the right one." };

test("the checks are run, and the support bundle is saved as a file", { timeout: slowly }, async () => {
  const { page, gateway, complaints } = await look({ browser, folder }, { path: "/staff" });
  gateway.checks = [
    checkOf("adapter", broken(say("adapter-off", { adapter: "hci0" }))),
    checkOf("store", { ...broken(say("check-refused", refused)), code: "store-key-wrong" }),
    checkOf("of a later version", inEnglish("ok", "nobody has words for this yet")),
  ];
  await signIn(page);
  await page.getByRole("button", { name: "Run the checks" }).click();
  await page.getByText("hci0 is switched off").waitFor();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Español" }).click();
  await page.getByText("hci0 está apagado").waitFor();
  await page.getByText("la clave no es la del almacén").waitFor();
  await page.getByText("the key does not fit (store-key-wrong)").waitFor();
  await page.getByText("nobody has words for this yet").waitFor();
  expect(await page.getByText("is switched off").count()).toBe(0);
  await expectAccessible(page);
  await page.getByRole("button", { name: "English" }).click();
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save the file" }).click();
  expect((await saved).suggestedFilename()).toBe("carepost-support-store-0412.json");
  expect(complaints).toEqual([]);
});

test("a wrong PIN, a lock-out and a closed staff view are told in words", { timeout: slowly }, async () => {
  const { page, gateway } = await look({ browser, folder }, { path: "/staff" });
  await signIn(page, "111111");
  await page.getByText("That name and PIN do not belong together.").waitFor();
  expect(await page.locator(".pin__dot--typed").count()).toBe(0);
  gateway.refusal = { status: 429, code: "login-locked" };
  await signIn(page, "111111");
  await page.getByText("Too many attempts.").waitFor();
  gateway.isClosed = true;
  await page.reload();
  await page.getByText("The staff view is closed.").waitFor();
  await expectAccessible(page);
});

test(
  "after signing out, nothing of it is left on the page, in the browser, or behind the back button",
  { timeout: slowly },
  async () => {
    const { page, gateway, complaints } = await look({ browser, folder }, { path: "/staff" });
    gateway.staff = busyView(Date.now());
    await signIn(page);
    await page.getByText("128/82 mmHg").first().waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.locator(".pin").waitFor();
    const traces = (): Promise<string> => page.evaluate<string>(everythingKept);
    for (const secret of ["128/82", "sim-0007", "SN-5120311", "staff-1", staffPin])
      expect(await traces()).not.toContain(secret);
    await page.goto(`${gateway.url}/hub`);
    await page.goBack();
    await page.locator(".pin").waitFor();
    expect(await traces()).not.toContain("128/82");
    expect(complaints).toEqual([]);
  },
);

test("who does nothing is warned, and then signed out", { timeout: slowly }, async () => {
  const { page, gateway } = await look({ browser, folder }, { path: "/staff" });
  await page.clock.install();
  await page.reload();
  await signIn(page);
  await page.locator(".verdict").waitFor();
  await page.clock.runFor(275_000);
  await page.getByText("Are you still there?").waitFor();
  await page.getByRole("button", { name: "Stay signed in" }).click();
  await page.locator("dialog").waitFor({ state: "detached" });
  await page.clock.runFor(310_000);
  await page.getByText("You were signed out, because nobody touched the screen for a while.").waitFor();
  await expect.poll(() => gateway.isSignedIn).toBe(false);
  expect(await page.locator("body").innerText()).not.toContain("sim-0007");
});

test(
  "a gateway that does not answer is told, and what was shown stays until it does",
  { timeout: slowly },
  async () => {
    const { page, gateway } = await look({ browser, folder }, { path: "/staff" });
    await signIn(page);
    await page.locator(".verdict").waitFor();
    gateway.isAway = true;
    gateway.tell();
    await page.getByText("The gateway does not answer just now.").waitFor();
    gateway.isAway = false;
    gateway.staff = { ...calmView(Date.now()), verdict: "urgent", alerts: [] };
    await page.locator(".verdict--urgent").waitFor();
    expect(await page.getByText("The gateway does not answer just now.").count()).toBe(0);
  },
);
