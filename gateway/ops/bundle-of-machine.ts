import { existsSync } from "node:fs";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import { readDatabaseKey } from "../config/database-key.ts";
import type { GatewayConfig } from "../config/gateway-config.ts";
import { type ConfigOrigin, loadGatewayConfig } from "../config/load-config.ts";
import { configEntries } from "../config/print-config.ts";
import { openStore } from "../store/sqlite-store.ts";
import type { Store } from "../store/store.ts";
import { redactionFor } from "./redact.ts";
import { runCheckup } from "./run-checkup.ts";
import { storeFactsOf } from "./store-facts.ts";
import { supportBundle } from "./support-bundle.ts";

const checkupMsMax = 60_000;

/**
 * The support bundle of a machine, whether or not a gateway runs on it: the store is opened to read only.
 * Rejects as `loadGatewayConfig`, and as `openStore` where there is a store that cannot be read.
 */
export async function bundleOfMachine(
  origin: ConfigOrigin,
  { version, clock }: { readonly version: string; readonly clock: Clock },
): Promise<string> {
  const loaded = loadGatewayConfig(origin);
  const configuration = configEntries(loaded);
  const at = clock.now();
  const store = await openForLook(loaded.config, { origin, clock });
  try {
    const facts = {
      at,
      gateway: loaded.config.gateway.id,
      version,
      configuration,
      checks: await runCheckup(origin, AbortSignal.timeout(checkupMsMax)),
      store: store === null ? null : await storeFactsOf(store, at),
      running: null,
    };
    return supportBundle(facts, await redactionFor(store, configuration));
  } finally {
    await store?.close();
  }
}

async function openForLook(
  { store: { path, keyFile } }: GatewayConfig,
  { origin, clock }: { readonly origin: ConfigOrigin; readonly clock: Clock },
): Promise<Store | null> {
  if (!existsSync(path)) return null;
  const key = readDatabaseKey(keyFile, "carepost-store-key", origin.environment);
  return await openStore({ path, key, clock, thread: "inline", access: "reader" });
}
