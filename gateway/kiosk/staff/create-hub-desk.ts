import type { PageSources } from "../../page-sources.ts";
import type { Part } from "../../run-parts.ts";
import type { HubReading, HubView } from "../contract/hub-view.ts";
import { watchGateway } from "./gateway-watch.ts";
import { hubReadingsOf, hubViewOf } from "./hub-view-of.ts";
import { ViewedReadings } from "./viewed-readings.ts";

/** What the page of a home hub shows. It follows the connection while `run` runs. */
export interface RunningHubDesk extends Part {
  view(signIn: HubView["signIn"]): Promise<HubView>;
  /** For who has signed in; audited. */
  readings(actor: string): Promise<readonly HubReading[]>;
}

/** `quotaBytes`: how large the store may grow; null where that is not known. */
export function createHubDesk(sources: PageSources, quotaBytes: number | null): RunningHubDesk {
  const watch = watchGateway(sources);
  const viewed = new ViewedReadings(sources.store);
  return {
    name: "hub desk",
    run: (signal) => watch.run(signal),
    view: (signIn) => hubViewOf({ sources, watch, quotaBytes }, signIn),
    readings: async (actor) => {
      const { ids, shown } = await hubReadingsOf(sources);
      await viewed.saw(ids, { actor, at: sources.now(), nowMs: sources.clock.monotonicMs() });
      return shown;
    },
  };
}
