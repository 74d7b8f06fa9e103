import { isIP } from "node:net";
import type { X509Certificate } from "node:crypto";
import { isEveryAddress, isLoopbackAddress, pageUrl } from "../../../cloud-sync/http/loopback.ts";
import type { CertificatePair } from "../../../cloud-sync/http/page-certificate.ts";
import { certificateName } from "../../../cloud-sync/ingest/peer-certificate.ts";
import { broken, doubtful, healthy, say } from "../doctor.ts";
import type { Check, Finding } from "../doctor.ts";
import { certificatesIn, dayOf, fits, isFor, serverAuth, soonMs } from "./tls-files-check.ts";

export interface PagesFacts {
  readonly host: string;
  readonly port: number;
  /** Beside the address, as the configuration names them. */
  readonly names: readonly string[];
  /** Reads the certificate and the key; it may throw. Null where the pages have none. */
  readonly pair: (() => CertificatePair) | null;
  /** In milliseconds since 1970. */
  readonly now: number;
}

/** Is the certificate that the pages are served under one that browsers take, and for how long? */
export const pagesCertificateCheck = (facts: PagesFacts): Check => ({
  name: "pages certificate",
  run: () => Promise.resolve().then(() => judgePages(facts)),
});

export function judgePages({ host, port, names, pair, now }: PagesFacts): Finding {
  if (pair === null) {
    if (!isLoopbackAddress(host)) return healthy(say("pages-cert-open", { port }));
    return healthy(say("pages-cert-none", { url: pageUrl({ isTls: false, host, port }) }));
  }
  const { cert, key } = pair();
  const [own] = certificatesIn(cert) ?? [];
  if (own === undefined) return broken(say("pages-cert-unreadable"));
  if (!fits(own, key)) return broken(say("pages-cert-key"));
  if (!isFor(own, serverAuth)) return broken(say("pages-cert-purpose", { name: certificateName(cert) ?? "?" }));
  const [from, to] = [own.validFromDate.getTime(), own.validToDate.getTime()];
  const end = dayOf(to);
  if (to < now) return broken(say("pages-cert-expired", { end }));
  if (from > now) return broken(say("pages-cert-not-yet-valid", { start: dayOf(from) }));
  if (to - now < soonMs) return doubtful(say("pages-cert-expiring", { end }));
  const reached = [...(isEveryAddress(host) ? [] : [host]), ...names];
  const foreign = reached.filter((name) => !isMadeOutTo(own, name));
  return foreign.length === 0
    ? healthy(say("pages-cert-fit", { end }))
    : doubtful(say("pages-cert-names", { end, names: foreign.join(", ") }));
}

const isMadeOutTo = (certificate: X509Certificate, name: string): boolean =>
  (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
