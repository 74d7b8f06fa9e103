import { expect, test } from "vitest";
import { kioskBrowser } from "./kiosk-visit.ts";

/** Two people, one after the other, who must know nothing of each other. */

const atTheKiosk = kioskBrowser();

test(
  "of the first person nothing is left for the second, wherever it is looked for",
  { timeout: 120_000 },
  async () => {
    const { stage, page, journey, measure, complaints } = await atTheKiosk();
    const answers: string[] = [];
    page.on("response", (response) => {
      if (response.url().includes("/api/") && !response.url().endsWith("/api/live")) {
        void response.text().then(
          (text) => answers.push(text),
          () => undefined,
        );
      }
    });
    await journey.open(stage.url);
    await journey.beginWith("sim-0007");
    await journey.agree({ trend: true });
    await journey.choose("blood-pressure-monitor");
    await journey.useKiosks();
    await measure("kiosk-cuff");
    await journey.heading(journey.words.readings.kind["blood-pressure"]).waitFor();
    const [first] = await stage.store.readings({ limit: 1 });
    const reading = first?.reading;
    if (reading?.kind !== "blood-pressure") throw new Error("there is no reading of the first person");
    const systolic = "value" in reading.systolic ? reading.systolic.value : "";
    expect(await page.locator("body").innerText()).toContain(systolic);
    const secret = (await page.context().cookies()).find(({ name }) => name.includes("carepost-visit"))?.value ?? "";
    expect(secret).not.toBe("");
    await journey.press(journey.words.goOn);
    await journey.press(journey.words.handOver.done);
    await journey.close();

    answers.length = 0;
    await journey.beginWith("sim-0008");
    await journey.agree({ trend: true });
    await journey.choose("blood-pressure-monitor");
    const traces = [reading.id, "sim-0007", secret, systolic];
    const inPage = String(await page.evaluate(everythingKept));
    const cookies = JSON.stringify(await page.context().cookies());
    await page.goBack().catch(() => null);
    const behindBack = await page.content();
    const log = JSON.stringify(stage.log.lines);
    const other = await fetch(new URL("/api/visit", stage.url), { headers: { cookie: `carepost-visit=${secret}` } });
    for (const trace of traces.slice(0, 3)) {
      expect([inPage, cookies, behindBack, answers.join(), log].filter((text) => text.includes(trace))).toEqual([]);
    }
    expect([inPage, behindBack].filter((text) => text.includes(`>${systolic}<`))).toEqual([]);
    expect(await other.text()).toBe("null");
    expect(other.headers.get("cache-control")).toBe("no-store");
    expect(log).not.toContain(reading.device.id);
    expect(complaints).toEqual([]);
  },
);

/** In the page: its whole document, and all that a page can keep in a browser. */
const everythingKept = `(async () => JSON.stringify({
  document: document.documentElement.outerHTML,
  local: { ...localStorage },
  session: { ...sessionStorage },
  cookies: document.cookie,
  caches: await caches.keys(),
  databases: (await indexedDB.databases()).map(({ name }) => name),
  workers: (await navigator.serviceWorker?.getRegistrations() ?? []).length,
  history: history.state,
  address: location.href,
}))()`;
