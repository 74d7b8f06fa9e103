import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { chromiumOptions } from "../doubles/chromium.ts";
import {
  idOf,
  keepSomeDeadLetters,
  liveTwoHours,
  simulatedIngest,
  simulatedOperator,
} from "../doubles/simulated-operator.ts";
import { glucose } from "../cloud-sync/ingest/sample-readings.ts";

/**
 * Pictures of the operator's page with a simulated fleet: `node test/screenshots/operator.ts` makes those of its README,
 * and `node test/screenshots/operator.ts FOLDER` every view in three sizes, both colour schemes and four fleets.
 */
const folder = process.argv[2];
const readme = join(import.meta.dirname, "../../cloud-sync/ingest/operator/screenshots");
const browser = await chromium.launch(chromiumOptions);

const sizes = { phone: [390, 844], tablet: [820, 1180], wide: [1440, 960] } as const;
type Size = keyof typeof sizes;
type Scheme = "light" | "dark";

try {
  if (folder === undefined) await readmePictures();
  else await everyPicture(folder);
} finally {
  await browser.close();
}

async function readmePictures(): Promise<void> {
  mkdirSync(readme, { recursive: true });
  await withFleet(300, async (url) => {
    await picture(url, { path: join(readme, "fleet.png"), size: "wide", scheme: "light", view: "" });
    await picture(url, {
      path: join(readme, "gateway.png"),
      size: "wide",
      scheme: "dark",
      view: `gateway/${idOf(17)}`,
    });
  });
}

async function everyPicture(into: string): Promise<void> {
  mkdirSync(into, { recursive: true });
  for (const gateways of [0, 1, 300, 10_000]) {
    await withFleet(gateways, async (url) => {
      for (const [name, view] of [
        ["fleet", ""],
        ["list", "gateways"],
        ["gateway", `gateway/${idOf(11)}`],
        ["letters", "dead-letters"],
      ] as const) {
        for (const size of ["phone", "tablet", "wide"] as const) {
          for (const scheme of ["light", "dark"] as const) {
            await picture(url, { path: join(into, `${name}-${gateways}-${size}-${scheme}.png`), size, scheme, view });
          }
        }
      }
    });
  }
}

async function withFleet(gateways: number, use: (url: string) => Promise<void>): Promise<void> {
  const ingest = simulatedIngest();
  await liveTwoHours(ingest, gateways);
  if (gateways > 1) await keepSomeDeadLetters(ingest, { ...glucose(1), concentration: { value: "104" } }, glucose(2));
  const operator = await simulatedOperator(ingest);
  try {
    await use(operator.url);
  } finally {
    await operator.stop();
  }
}

interface Wanted {
  readonly path: string;
  readonly size: Size;
  readonly scheme: Scheme;
  /** The part of the address after `#/`. */
  readonly view: string;
}

async function picture(url: string, { path, size, scheme, view }: Wanted): Promise<void> {
  const [width, height] = sizes[size];
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, timezoneId: "UTC" });
  const page: Page = await context.newPage();
  await page.goto(`${url}#/${view}`);
  await page.getByText("Live", { exact: true }).waitFor();
  if (view === "dead-letters")
    await page
      .locator("summary")
      .first()
      .click({ timeout: 1_000 })
      .catch(() => undefined);
  await page.screenshot({ path, fullPage: size !== "wide" });
  await context.close();
}
