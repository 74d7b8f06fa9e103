import { expect, test } from "vitest";
import { hubSample } from "../../../doubles/staff-samples.ts";
import { expectAccessible, expectFits, type LookOptions, signIn, slowly, staffBrowser } from "./staff-browser.ts";

const look = staffBrowser();

const looks: readonly Omit<LookOptions, "path">[] = [
  { size: "phone", language: "en-US", theme: "light" },
  { size: "phone", language: "es-US", theme: "dark" },
  { size: "tablet", language: "en-US", theme: "dark" },
  { size: "kiosk", language: "es-US", theme: "light" },
];

test.for(looks)("each light is accessible and fits: %j", { timeout: slowly }, async (options) => {
  const { page, gateway, complaints } = await look({ path: "/hub", ...options });
  for (const [light, reasons] of [
    ["green", []],
    ["amber", ["battery-low", "uplink-away"]],
    ["red", ["radio-down", "something-new"]],
  ] as const) {
    gateway.hub = hubSample(Date.now(), { light, reasons: [...reasons] });
    gateway.tell();
    await page.locator(`.light--${light}`).waitFor();
    expect(await page.locator(".reason").count()).toBe(reasons.length);
    await expectAccessible(page);
    await expectFits(page);
  }
  expect(complaints).toEqual([]);
});

test(
  "the page shows no reading to who has not signed in, and none after signing out",
  { timeout: slowly },
  async () => {
    const { page, complaints } = await look({ path: "/hub", size: "phone" });
    await page.getByRole("heading", { name: "All is well", level: 1 }).waitFor();
    expect(await page.locator("body").innerText()).not.toContain("mmHg");
    await page.getByRole("button", { name: "Sign in to see readings" }).click();
    await expectAccessible(page);
    await signIn(page);
    await page.getByText("128/82 mmHg · 71/min").waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Sign in to see readings" }).waitFor();
    expect(await page.locator("body").innerText()).not.toContain("mmHg");
    expect(complaints).toEqual([]);
  },
);

test("where nobody can sign in, nobody is asked to", { timeout: slowly }, async () => {
  const { page, gateway } = await look({ path: "/hub" });
  gateway.hub = hubSample(Date.now(), { signIn: "none", devices: [], light: "amber", reasons: ["no-devices"] });
  gateway.tell();
  await page.getByText("No device is set up yet").waitFor();
  expect(await page.getByRole("button", { name: "Sign in to see readings" }).count()).toBe(0);
});

test("a hub that does not answer shows no light, and its light again when it does", { timeout: slowly }, async () => {
  const { page, gateway } = await look({ path: "/hub" });
  await page.locator(".light--green").waitFor();
  gateway.isAway = true;
  gateway.tell();
  await page.getByRole("heading", { name: "The hub does not answer" }).waitFor();
  expect(await page.locator(".light--green").count()).toBe(0);
  gateway.isAway = false;
  await page.locator(".light--green").waitFor();
});
