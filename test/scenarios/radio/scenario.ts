import { expect, onTestFinished, test } from "vitest";
import { openRadioSite, type RadioSite } from "./radio-site.ts";
import type { RadioStageMaker } from "./radio-stage.ts";

/** Registers a scenario: a fresh stage, a site over it, and the test. */
export type Play = (sentence: string, body: (site: RadioSite) => Promise<void>, timeoutMs?: number) => void;

/** A group of scenarios, to be played on any stage. */
export type Scenarios = (play: Play, maker: RadioStageMaker) => void;

/** Longer than any wait of a scenario: what hangs is to fail by its own name. */
const scenarioMsMax = 240_000;

export function playOn(maker: RadioStageMaker, ...groups: readonly Scenarios[]): void {
  const play: Play = (sentence, body, timeoutMs = scenarioMsMax) => {
    test(`${maker.name}: ${sentence}`, { timeout: timeoutMs }, async () => {
      expect.hasAssertions();
      const stage = await maker.make();
      onTestFinished(() => stage.stop());
      await body(await openRadioSite(stage));
    });
  };
  for (const group of groups) group(play, maker);
}
