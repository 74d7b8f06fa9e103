import { type Browser, chromium, type Page } from "playwright-core";
import { chromiumOptions } from "../doubles/chromium.ts";
import { KioskJourney, kioskSizes } from "../doubles/kiosk-journey.ts";
import { KioskVisitor } from "../doubles/kiosk-visitor.ts";
import { type Figure, figureOf, type Suite, type SuiteOptions } from "./figure.ts";
import { type KioskPeer, startKioskPeer } from "./kiosk-peer.ts";
import { measureTaps } from "./kiosk-taps.ts";

/** What somebody in front of the kiosk waits for, and whether it stays so when a thousand people have been there. */
export const kioskScreen: Suite = {
  name: "kiosk-screen",
  about: "tap to visible response, notification to visible result, weight and first paint of the page, memory",
  async run(options: SuiteOptions): Promise<readonly Figure[]> {
    const kiosk = await startKioskPeer();
    const browser = await chromium.launch(chromiumOptions);
    try {
      return [
        ...(await measureLoading(browser, kiosk, options)),
        ...(await measureTaps({ ...options, browser, url: kiosk.url })),
        ...(await measureResults(browser, kiosk, options)),
        ...(await measureMemory(kiosk, options)),
      ];
    } finally {
      await browser.close();
      await kiosk.stop();
    }
  },
};

const suite = "kiosk-screen";

async function measureLoading(browser: Browser, { url }: KioskPeer, options: SuiteOptions): Promise<readonly Figure[]> {
  const [weights, paints]: [number[], number[]] = [[], []];
  for (let round = 0; round < Math.max(3, options.rounds); round += 1) {
    const context = await browser.newContext(kioskSizes.portrait);
    const page = await context.newPage();
    const tools = await context.newCDPSession(page);
    await tools.send("Network.enable");
    await tools.send("Emulation.setCPUThrottlingRate", { rate: 4 });
    let bytes = 0;
    tools.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
    await new KioskJourney(page).open(url);
    paints.push(Number(await page.evaluate(`performance.getEntriesByName("first-contentful-paint")[0].startTime`)));
    weights.push(bytes / 1024);
    await context.close();
  }
  return [
    figureOf({ suite, name: "page weight, compressed", unit: "KiB", aim: { atMost: 150 } }, weights),
    figureOf({ suite, name: "first contentful paint, CPU slowed 4 times", unit: "ms", aim: { atMost: 1_000 } }, paints),
  ];
}

async function measureResults(browser: Browser, kiosk: KioskPeer, options: SuiteOptions): Promise<readonly Figure[]> {
  const times: number[] = [];
  const page = await browser.newPage(kioskSizes.portrait);
  const journey = new KioskJourney(page);
  await journey.open(kiosk.url);
  await journey.beginAsGuest();
  await journey.agree();
  await journey.choose("blood-glucose-meter");
  await journey.openPairing();
  kiosk.tell({ type: "let", device: "home-meter", deed: { type: "wake" } });
  await journey.chooseFound();
  await journey.enterPasskey("314159");
  await journey.measureNow();
  for (let round = 0; round < (options.short ? 1 : 5); round += 1) {
    times.push(await measureResult(page, kiosk));
    await journey.press(journey.words.result.again);
  }
  await journey.cancel();
  await page.close();
  return [figureOf({ suite, name: "notification to visible result", unit: "ms", aim: { atMost: 1_000 } }, times)];
}

/** Both by the wall clock of this machine: when the meter handed its record over, and when the page showed the unit. */
async function measureResult(page: Page, kiosk: KioskPeer): Promise<number> {
  const shown = kiosk.next("shown");
  const seen = page.evaluate(`new Promise((resolve) => {
    const look = () => document.querySelector("main").innerText.includes("mg/dL")
      ? resolve(Date.now()) : requestAnimationFrame(look);
    look();
  })`);
  await new Promise((resolve) => void setTimeout(resolve, 3_000));
  kiosk.tell({ type: "let", device: "home-meter", deed: { type: "measure", person: "sim-0001", times: 1 } });
  const { at } = await shown;
  return Number(await seen) - at;
}

async function measureMemory(kiosk: KioskPeer, options: SuiteOptions): Promise<readonly Figure[]> {
  const visits = options.short ? 60 : 1_000;
  const heapOf = async (): Promise<{ readonly heapBytes: number; readonly residentBytes: number }> => {
    const report = kiosk.next("memory");
    kiosk.tell({ type: "memory" });
    return await report;
  };
  await visitTimes(kiosk.url, visits / 5);
  const before = await heapOf();
  await visitTimes(kiosk.url, visits);
  const after = await heapOf();
  const name = (what: string): string => `${what} after ${visits} more visits, to before`;
  const mebibytes = (after.residentBytes / 2 ** 20).toFixed(0);
  return [
    figureOf({ suite, name: name("heap"), unit: "×", aim: { atMost: 1.1 } }, [after.heapBytes / before.heapBytes]),
    figureOf({ suite, name: name("resident memory"), unit: "×", aim: { atMost: 1.2 }, note: `${mebibytes} MiB` }, [
      after.residentBytes / before.residentBytes,
    ]),
  ];
}

/** Requests are limited by the address that they come from, so each visitor has one of their own. */
async function visitTimes(url: string, visits: number): Promise<void> {
  for (let visit = 0; visit < visits; visit += 1) {
    const visitor = new KioskVisitor(url, `127.0.0.${2 + (visit % 250)}`);
    await visitor.agree(await visitor.begin(null));
    await visitor.step("/api/visit/kind", { kind: "blood-pressure-monitor" });
    await visitor.end();
  }
}
