import { language } from "../kiosk/contract/visit-view.ts";
import type { KioskOptions } from "../kiosk/kiosk-options.ts";
import type { Environment } from "./config-environment.ts";
import { readSecret } from "./database-key.ts";
import type { GatewayConfig } from "./gateway-config.ts";
import { readCertificates } from "./tls-of.ts";

/**
 * What the section `kiosk` says, with the secrets that it only names. Null where there are no pages. Rejects with
 * `key-unreadable`, `key-exposed` or `certificate-unreadable`.
 */
export function kioskOptionsOf({ kiosk }: GatewayConfig, environment: Environment): KioskOptions | null {
  const { port, host, pages, names, certFile, keyFile, staffFile, languages, glucoseUnit } = kiosk;
  if (port === null) return null;
  const key = certFile === null ? null : readSecret(keyFile, "carepost-kiosk-key", environment);
  return {
    pages,
    host,
    port,
    names: listOf(names),
    tls: certFile === null || key === null ? null : { cert: readCertificates(certFile), key },
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

const listOf = (text: string): readonly string[] =>
  text.split(",").flatMap((word) => (word.trim() === "" ? [] : [word.trim()]));
