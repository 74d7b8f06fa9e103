import { configEntries } from "../../config/print-config.ts";
import type { GatewayConfig } from "../../config/gateway-config.ts";
import type { ConfigOrigin, LoadedConfig } from "../../config/load-config.ts";
import type { LogRing } from "../../ops/log-ring.ts";
import { redactionFor } from "../../ops/redact.ts";
import { runCheckup } from "../../ops/run-checkup.ts";
import { storeFactsOf } from "../../ops/store-facts.ts";
import { supportBundle, type SupportFacts } from "../../ops/support-bundle.ts";
import type { PageSources } from "../../page-sources.ts";
import type { StaffDeskOptions } from "./create-staff-desk.ts";

export interface Machine {
  /** From where the gateway took its configuration, and what it came to. */
  readonly origin: ConfigOrigin;
  readonly loaded: LoadedConfig<GatewayConfig>;
  readonly log: Pick<LogRing, "lines" | "codes">;
}

/** What the staff desk asks of the machine beyond the gateway: the checks of `carepost doctor`, and the support bundle. */
export function machineAnswers(
  sources: PageSources,
  { origin, loaded, log }: Machine,
): Pick<StaffDeskOptions, "quotaBytes" | "examine" | "bundle"> {
  const examine = (signal: AbortSignal): ReturnType<typeof runCheckup> => runCheckup(origin, signal);
  return {
    quotaBytes: loaded.config.store.quotaMiB * 2 ** 20,
    examine,
    bundle: async (near, signal) => {
      const { store, gateway, version, now } = sources;
      const configuration = configEntries(loaded);
      const facts: SupportFacts = {
        at: now(),
        gateway,
        version,
        configuration,
        checks: await examine(signal),
        store: await storeFactsOf(store, now()),
        running: { ...runningFacts(sources), near, log },
      };
      return supportBundle(facts, await redactionFor(store, configuration));
    },
  };
}

function runningFacts({
  supervisor,
  forwarder,
  trust,
}: PageSources): Omit<NonNullable<SupportFacts["running"]>, "near" | "log"> {
  return {
    radio: supervisor.state(),
    pairing: supervisor.active().abilities.pairing,
    uplink: forwarder.status(),
    clock: trust.state,
  };
}
