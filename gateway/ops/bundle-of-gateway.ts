import type { Forwarder } from "../../cloud-sync/uplink/forwarder.ts";
import type { ClockTrust } from "../collect/clock-trust.ts";
import type { RadioSupervisor } from "../collect/radio-supervisor.ts";
import type { GatewayConfig } from "../config/gateway-config.ts";
import type { ConfigOrigin, LoadedConfig } from "../config/load-config.ts";
import { configEntries } from "../config/print-config.ts";
import type { Store } from "../store/store.ts";
import type { LogRing } from "./log-ring.ts";
import { redactionFor } from "./redact.ts";
import { runCheckup } from "./run-checkup.ts";
import { storeFactsOf } from "./store-facts.ts";
import { supportBundle, type SupportFacts } from "./support-bundle.ts";

/** What of a running gateway is in its support bundle. */
export interface BundleSources {
  readonly gateway: string;
  readonly version: string;
  readonly store: Store;
  /** The likeliest time, in milliseconds since 1970. */
  readonly now: () => number;
  readonly trust: Pick<ClockTrust, "state">;
  readonly forwarder: Pick<Forwarder, "status">;
  readonly supervisor: Pick<RadioSupervisor, "state" | "active">;
}

export interface BundleMachine {
  /** From where the gateway took its configuration, and what it came to. */
  readonly origin: ConfigOrigin;
  readonly loaded: LoadedConfig<GatewayConfig>;
  readonly log: Pick<LogRing, "lines" | "codes">;
}

export type Near = NonNullable<SupportFacts["running"]>["near"];

/** The support bundle of a running gateway. What the checks have not told when the signal is aborted, is told as such. */
export async function bundleOfGateway(
  sources: BundleSources,
  { origin, loaded, log }: BundleMachine,
  { near, signal }: { readonly near: Near; readonly signal: AbortSignal },
): Promise<string> {
  const { store, gateway, version, now, supervisor, forwarder, trust } = sources;
  const configuration = configEntries(loaded);
  const facts: SupportFacts = {
    at: now(),
    gateway,
    version,
    configuration,
    checks: await runCheckup(origin, signal),
    store: await storeFactsOf(store, now()),
    running: {
      radio: supervisor.state(),
      pairing: supervisor.active().abilities.pairing,
      uplink: forwarder.status(),
      clock: trust.state,
      near,
      log,
    },
  };
  return supportBundle(facts, await redactionFor(store, configuration));
}
