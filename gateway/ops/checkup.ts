import { existsSync } from "node:fs";
import { fail, ok } from "../../device-drivers/kit/result.ts";
import type { Result } from "../../device-drivers/kit/result.ts";
import { mqttConnector } from "../../cloud-sync/mqtt/mqttjs-connection.ts";
import { timeServiceMark } from "../collect/time-service.ts";
import { controlPath } from "../control/control-path.ts";
import { readDatabaseKey, readSecret } from "../config/database-key.ts";
import { configErrors } from "../config/config-error.ts";
import type { Environment } from "../config/config-environment.ts";
import type { CertificatePair } from "../../cloud-sync/http/page-certificate.ts";
import type { GatewayConfig } from "../config/gateway-config.ts";
import { iotHubOptionsOf } from "../config/iot-hub-options-of.ts";
import { kioskOptionsOf, kioskPairOf, namesOf } from "../config/kiosk-options-of.ts";
import { loadGatewayConfig } from "../config/load-config.ts";
import type { ConfigOrigin } from "../config/load-config.ts";
import { tlsOf } from "../config/tls-of.ts";
import { IdentityFolder } from "../identity/identity-folder.ts";
import { uplinkTls } from "../identity/uplink-tls.ts";
import type { TlsMaterial } from "../../cloud-sync/mqtt/connection.ts";
import { openStore } from "../store/sqlite-store.ts";
import type { Store } from "../store/store.ts";
import { systemClock } from "../system-clock.ts";
import { backlogCheck } from "./checks/backlog-check.ts";
import { brokerCheck } from "./checks/broker-check.ts";
import { brokerTlsCheck } from "./checks/broker-tls-check.ts";
import { certificateCheck } from "./checks/certificate-check.ts";
import { clockCheck } from "./checks/clock-check.ts";
import { configCheck } from "./checks/config-check.ts";
import type { ConfigOutcome } from "./checks/config-check.ts";

import { diskCheck } from "./checks/disk-check.ts";
import { gatewayCheck } from "./checks/gateway-check.ts";
import { ingestCheck } from "./checks/ingest-check.ts";
import { iotHubCheck } from "./checks/iot-hub-check.ts";
import { pagesCheck } from "./checks/pages-check.ts";
import { pagesCertificateCheck } from "./checks/pages-certificate-check.ts";
import { nodeCheck } from "./checks/node-check.ts";
import { storeCheck } from "./checks/store-check.ts";
import { tlsFilesCheck } from "./checks/tls-files-check.ts";
import { radioCheckup } from "./radio-checkup.ts";
import { say, skipped } from "./doctor.ts";
import type { Check, Finding } from "./doctor.ts";

export interface Checkup {
  readonly checks: readonly Check[];
  close(): Promise<void>;
}

/** The checks of this machine, by the configuration as it is; without a valid one there is little to check. */
export async function checkup(origin: ConfigOrigin): Promise<Checkup> {
  const outcome = outcomeOf(origin);
  const first = [nodeCheck(process.versions.node), configCheck(outcome)];
  if (outcome.loaded !== null) return await checkupOf(outcome.loaded.config, origin, first);
  const others = ["disk", "store", "backlog", "clock", "certificate", "radio", "gateway", "broker", "ingestor"];
  const run: Check["run"] = () => Promise.resolve(skipped(say("needs-config")));
  return { checks: [...first, ...others.map((name) => ({ name, run }))], close: () => Promise.resolve() };
}

async function checkupOf(config: GatewayConfig, origin: ConfigOrigin, first: readonly Check[]): Promise<Checkup> {
  const { store: place, gateway, clock, uplink } = config;
  const now = systemClock.now();
  const key = await attempt(() => readDatabaseKey(place.keyFile, "carepost-store-key", origin.environment));
  const store = await attempt(() => openForLook(place.path, key));
  const radio = await radioCheckup(config.radio, store.ok ? store.value : null);
  const mark = timeServiceMark();
  const checks = [
    diskCheck(place.path),
    storeCheck({ path: place.path, key: () => unwrap(key), quotaMiB: place.quotaMiB, now }),
    backlogCheck(store.ok ? store.value : null, now),
    clockCheck({ now, mark, assumeSynchronised: clock.assumeSynchronised, timeZone: gateway.timeZone }),
    certificateCheck(config.identity, { gateway: gateway.id, now }),
    ...pagesChecks(config, origin.environment),
    ...radio.checks,
    gatewayCheck(controlPath(place.path)),
    ...(uplink.dialect === "azure-iot-hub"
      ? [iotHubCheck(() => iotHubOptionsOf(config, origin.environment))]
      : brokerChecks(config, store.ok ? store.value : null)),
  ];
  const close = async (): Promise<void> => {
    if (store.ok) await store.value?.close();
    await radio.close();
  };
  return { checks: [...first, ...checks], close };
}

/** The pages' own port is not asked: what is on disk says what will be served within moments. */
function pagesChecks(config: GatewayConfig, environment: Environment): readonly Check[] {
  const { kiosk } = config;
  const { host, port } = kiosk;
  if (port === null) return [];
  const read = (): CertificatePair => {
    const pair = kioskPairOf(kiosk, environment);
    if (pair === null) throw configErrors.make("key-unreadable", "there is no key for kiosk.certFile");
    return pair();
  };
  const pair = kiosk.certFile === null ? null : read;
  return [
    pagesCheck({
      pages: kiosk.pages,
      hasStaff: kiosk.staffFile !== null || readSecret(null, "carepost-kiosk-pins", environment) !== null,
      prepare: () => preparePages(config, environment),
    }),
    pagesCertificateCheck({ host, port, names: namesOf(kiosk), pair, now: systemClock.now() }),
  ];
}

/** As a start does, but for the certificate, which has a check of its own. */
async function preparePages(config: GatewayConfig, environment: Environment): Promise<void> {
  const { kioskPart } = await import("../kiosk/kiosk-part.ts");
  const kiosk = { ...config.kiosk, certFile: null, keyFile: null };
  const options = kioskOptionsOf({ ...config, kiosk }, environment);
  if (options === null) return;
  const answers = (): never => {
    throw new Error("nothing runs here");
  };
  await kioskPart({ ...options, host: "127.0.0.1" }, { answers });
}

function brokerChecks({ gateway, identity, uplink }: GatewayConfig, store: Store | null): readonly Check[] {
  const broker = { connector: mqttConnector(), url: uplink.url, protocol: uplink.protocol };
  const files = tlsOf(uplink);
  const tls = identity.folder === null ? files : enrolled(identity.folder, gateway.id, files);
  if (tls === undefined) return [brokerCheck(broker), ingestCheck(broker, store)];
  return [
    ...(files === undefined
      ? []
      : [tlsFilesCheck({ material: files, role: { client: gateway.id }, now: systemClock.now() })]),
    brokerTlsCheck(uplink.url, tls),
    { name: "ingestor", run: (): Promise<Finding> => Promise.resolve(skipped(say("ingestor-not-asked"))) },
  ];
}

/** What the gateway was enrolled with, as it shows it to a broker. */
const enrolled = (folder: string, gateway: string, files: (() => TlsMaterial) | undefined) => (): TlsMaterial => {
  const own = new IdentityFolder(folder, gateway).current();
  const identity = (): TlsMaterial => ({ ca: own?.ca ?? null, cert: own?.chain ?? null, key: own?.key ?? null });
  return uplinkTls({ identity, files, hub: null });
};

/** Null where there is none yet. */
async function openForLook(path: string, key: Result<Uint8Array | null, unknown>): Promise<Store | null> {
  if (!existsSync(path)) return null;
  return await openStore({ path, key: unwrap(key), clock: systemClock, thread: "inline", access: "reader" });
}

function outcomeOf(origin: ConfigOrigin): ConfigOutcome {
  try {
    return { loaded: loadGatewayConfig(origin) };
  } catch (error) {
    return { loaded: null, error };
  }
}

/** What fails here is told by the check that needs it, and not before. */
async function attempt<T>(act: () => T | Promise<T>): Promise<Result<T, unknown>> {
  try {
    return ok(await act());
  } catch (error) {
    return fail(error);
  }
}

function unwrap<T>(result: Result<T, unknown>): T {
  if (result.ok) return result.value;
  throw result.error;
}
