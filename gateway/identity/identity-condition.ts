import { createHash } from "node:crypto";
import type { CertificateFacts } from "../../cloud-sync/identity/certificate-facts.ts";

/** How it stands with a certificate at a moment. `not-yet-valid` means that this machine's clock is wrong. */
export type IdentityCondition = "not-yet-valid" | "valid" | "renewal-due" | "expired";

type Dates = Pick<CertificateFacts, "serial" | "notBefore" | "notAfter">;

export function identityCondition(facts: Dates, now: number): IdentityCondition {
  if (now < facts.notBefore) return "not-yet-valid";
  if (now >= facts.notAfter) return "expired";
  return now >= renewalAt(facts) ? "renewal-due" : "valid";
}

/**
 * From two thirds of its life on, and up to a twelfth of it later, so that a fleet that was enrolled in one day does not
 * renew in one minute: the certificate's own number says how much later.
 */
export function renewalAt({ serial, notBefore, notAfter }: Dates): number {
  const lifeMs = notAfter - notBefore;
  const share = createHash("sha256").update(serial).digest().readUInt32BE(0) / 2 ** 32;
  return notBefore + (lifeMs * 2) / 3 + (lifeMs / 12) * share;
}
