import type { CertificatePair } from "../../cloud-sync/http/page-certificate.ts";
import { language } from "../kiosk/contract/visit-view.ts";
import type { KioskOptions } from "../kiosk/kiosk-options.ts";
import type { Environment } from "./config-environment.ts";
import { readSecret } from "./database-key.ts";
import type { GatewayConfig } from "./gateway-config.ts";
import { pagePairOf, pageTlsOf } from "./page-pair-of.ts";

/**
 * What the section `kiosk` says, with the secrets that it only names. Null where there are no pages. Rejects with
 * `key-unreadable`, `key-exposed` or `certificate-unreadable`.
 */
export function kioskOptionsOf({ kiosk }: GatewayConfig, environment: Environment): KioskOptions | null {
  const { port, host, pages, staffFile, languages, glucoseUnit } = kiosk;
  if (port === null) return null;
  const tls = pageTlsOf(kioskPairOf(kiosk, environment));
  return {
    pages,
    host,
    port,
    names: namesOf(kiosk),
    tls,
    pins: readSecret(staffFile, "carepost-kiosk-pins", environment),
    staffIdleMs: kiosk.staffIdleS * 1000,
    staffSessionMs: kiosk.staffSessionS * 1000,
    languages: listOf(languages).map((word) => language.parse(word)),
    glucoseUnit,
    emergencyNumber: kiosk.emergencyNumber,
    consentFile: kiosk.consentFile,
    rangesFile: kiosk.rangesFile,
    idleWarnMs: kiosk.idleWarnS * 1000,
    idleEndMs: kiosk.idleEndS * 1000,
    isDemo: kiosk.demo,
  };
}

/** Names by which the pages are reached beside the address. */
export const namesOf = ({ names }: Pick<GatewayConfig["kiosk"], "names">): readonly string[] => listOf(names);

/** Reads the certificate of the pages and its key, as they are now; null where the pages have none. */
export const kioskPairOf = (
  { certFile, keyFile }: GatewayConfig["kiosk"],
  environment: Environment,
): (() => CertificatePair) | null => pagePairOf({ certFile, keyFile, credential: "carepost-kiosk-key" }, environment);

const listOf = (text: string): readonly string[] =>
  text.split(",").flatMap((word) => (word.trim() === "" ? [] : [word.trim()]));
