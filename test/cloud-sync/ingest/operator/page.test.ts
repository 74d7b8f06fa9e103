import type { Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { passwordLine } from "../../../../cloud-sync/ingest/operator/password-file.ts";
import type { OperatorOptions } from "../../../../cloud-sync/ingest/operator/start-operator.ts";
import {
  idOf,
  keepSomeDeadLetters,
  liveTwoHours,
  simulatedIngest,
  type SimulatedIngest,
  simulatedOperator,
} from "../../../doubles/simulated-operator.ts";
import { testBrowser } from "../../../doubles/test-browser.ts";
import { glucose } from "../sample-readings.ts";
import { password } from "./operator-rig.ts";

const slowly = 60_000;
const browser = testBrowser();

interface Visit {
  readonly page: Page;
  readonly url: string;
  readonly ingest: SimulatedIngest;
  /** What the browser complained about, and where it went that is not our server. */
  readonly complaints: readonly string[];
}

async function visit(gateways: number, options: Partial<OperatorOptions> = {}): Promise<Visit> {
  const ingest = simulatedIngest();
  await liveTwoHours(ingest, gateways);
  const operator = await simulatedOperator(ingest, options);
  const context = await browser().newContext({ timezoneId: "UTC", viewport: { width: 1280, height: 800 } });
  onTestFinished(async () => {
    await context.close();
    await operator.stop();
  });
  const page = await context.newPage();
  page.setDefaultTimeout(slowly / 3);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(operator.url)) complaints.push(`went to ${request.url()}`);
  });
  await page.goto(operator.url);
  return { page, url: operator.url, ingest, complaints };
}

const heading = async (page: Page): Promise<string> => (await page.locator("h1").textContent()) ?? "";

test(
  "an operator walks from the fleet to a condition, to a gateway and back, and the page is quiet about it",
  { timeout: slowly },
  async () => {
    const { page, complaints } = await visit(300);
    await page.getByText("Live", { exact: true }).waitFor();
    expect(await heading(page)).toBe("294 of 300 gateways online. Look first at: certificate expiring (6)");
    await page.getByRole("link", { name: "Clock wrong" }).click();
    await page.getByText("12 gateways fit.").waitFor();
    await page.getByLabel("Search").fill(idOf(17));
    await page.getByText("1 gateway fits.").waitFor();
    await page.getByRole("link", { name: idOf(17) }).click();
    await page.getByRole("heading", { name: "What to do" }).waitFor();
    expect(await heading(page)).toBe(idOf(17));
    await page.getByText("Let the box set its clock by NTP").waitFor();
    await page.goBack();
    await page.getByText("1 gateway fits.").waitFor();
    expect(complaints).toEqual([]);
  },
);

test(
  "ten thousand gateways are a list of which only what is in view exists, to its end",
  { timeout: slowly },
  async () => {
    const { page, url, complaints } = await visit(10_000);
    await page.goto(`${url}#/gateways?order=gateway`);
    await page.getByText("10,000 gateways fit.").waitFor();
    await page.getByRole("table", { name: "Gateways" }).focus();
    await page.keyboard.press("End");
    await page.getByRole("link", { name: idOf(9_999) }).waitFor();
    expect(await page.locator(".canvas .row").count()).toBeLessThanOrEqual(100);
    expect(complaints).toEqual([]);
  },
);

test(
  "dead letters are looked at and replayed, and no person and no value is on the page",
  { timeout: slowly },
  async () => {
    const { page, ingest, complaints } = await visit(30);
    await keepSomeDeadLetters(ingest, { ...glucose(1), concentration: { value: "104" } }, glucose(2));
    await page.getByRole("link", { name: "Dead letters", exact: true }).click();
    const unstorable = page.locator("section").filter({ hasText: "reading-unstorable" });
    await unstorable.getByText("Its shape").click();
    await unstorable.getByText('"kind": "glucose"').waitFor();
    const shown = await page.locator("main").innerText();
    for (const hidden of ["sim-0001", "104", "SN-0001"]) expect(shown).not.toContain(hidden);
    await unstorable.getByRole("button", { name: "Replay it" }).click();
    await page
      .getByText("1 dead letter judged again: 1 reading stored, 0 were there already, 0 still wrong.")
      .waitFor();
    await unstorable.waitFor({ state: "detached" });
    expect(await ingest.memory.counts()).toEqual({ readings: 1, deadLetters: 3 });
    expect(complaints).toEqual([]);
  },
);

test("an empty fleet says so, and a gateway that nobody knows as well", { timeout: slowly }, async () => {
  const { page, url, complaints } = await visit(0);
  await page.getByRole("heading", { name: "No gateway has been heard of yet" }).waitFor();
  await page.goto(`${url}#/gateway/gw-unknown`);
  await page.getByText("This ingestor has not heard of this gateway").waitFor();
  expect(complaints.filter((text) => !text.includes("404"))).toEqual([]);
});

test("whoever has to log in does so, and logs out again", { timeout: slowly }, async () => {
  const { page } = await visit(1, { passwords: await passwordLine("ops", password) });
  await page.getByLabel("Name").fill("ops");
  await page.getByLabel("Password").fill("not the password");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("alert").filter({ hasText: "is wrong" }).waitFor();
  await page.getByLabel("Password").fill(password);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "The one gateway is online" }).waitFor();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("heading", { name: "Log in" }).waitFor();
  expect(await page.getByRole("heading", { name: "gateway" }).count()).toBe(0);
});

test("a page that lost its server says so, and is live again by itself", { timeout: slowly }, async () => {
  const { page } = await visit(3);
  await page.getByText("Live", { exact: true }).waitFor();
  await page.route("**/api/**", (route) => route.abort());
  await page.getByText("Not live: The server cannot be reached").waitFor();
  expect(await heading(page)).toBe("All 3 gateways are online, and nothing needs attention");
  await page.unroute("**/api/**");
  await page.getByText("Live", { exact: true }).waitFor();
  expect(await page.getByText("Not live").count()).toBe(0);
});

test(
  "every sign has words, every field a name, and text stands out from its ground in both schemes",
  { timeout: slowly },
  async () => {
    const { page } = await visit(300);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.getByText("Live", { exact: true }).waitFor();
      expect(await page.evaluate(faintTexts)).toEqual([]);
    }
    expect(await page.locator("svg:not([aria-hidden]):not([aria-label])").count()).toBe(0);
    expect(await page.locator("input:not(label input), select:not(label select)").count()).toBe(0);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    expect(await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")).toBe("solid");
  },
);

/** In the page: texts whose contrast to the ground is below 4.5 (WCAG 2.2, 1.4.3). */
const faintTexts = `(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const light = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((c) => {
      const s = c / 255;
      return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (!/, 0\\)$/.test(color) && color !== "transparent") return color;
    }
    return "white";
  };
  return [...document.querySelectorAll("body *")].flatMap((node) => {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim() !== "");
    if (!own || node.getClientRects().length === 0) return [];
    const [a, b] = [light(getComputedStyle(node).color), light(ground(node))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    return contrast < 4.5 ? [node.textContent + " " + contrast.toFixed(2)] : [];
  });
})()`;
