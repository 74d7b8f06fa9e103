import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { chromiumOptions } from "./chromium.ts";

/** One browser for all tests of a file, which give themselves contexts of their own. */
export function testBrowser(): () => Browser {
  let browser: Browser | null = null;
  beforeAll(async () => {
    browser = await chromium.launch(chromiumOptions);
  });
  afterAll(() => browser?.close());
  return () => {
    if (browser === null) throw new Error("there is no browser");
    return browser;
  };
}
