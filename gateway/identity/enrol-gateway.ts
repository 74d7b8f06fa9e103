import { certificateFacts } from "../../cloud-sync/identity/certificate-facts.ts";
import { newCsrPem } from "../../cloud-sync/identity/certificates.ts";
import type { FileSteps } from "../../cloud-sync/identity/durable-files.ts";
import { enrolAt, type ServiceTrust } from "../../cloud-sync/identity/enrolment-client.ts";
import type { EnrolAnswer } from "../../cloud-sync/identity/enrolment-contract.ts";
import { identityErrors } from "../../cloud-sync/identity/identity-error.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import { identityCondition } from "./identity-condition.ts";
import { IdentityFolder } from "./identity-folder.ts";

export interface Enrolment {
  readonly folder: string;
  readonly gateway: string;
  readonly url: string;
  readonly trust: ServiceTrust;
  /** Asked for only where it is needed. */
  readonly token: () => string;
  /** Also where there is a certificate that can still be used. */
  readonly replace: boolean;
  readonly clock: Pick<Clock, "now">;
  readonly steps?: FileSteps;
}

export interface EnrolOutcome {
  /** In milliseconds since 1970. */
  readonly expiresAt: number;
  readonly wasEnrolled: boolean;
  /** How far the service's clock is ahead of this machine's; 0 where it was not asked. */
  readonly serverAheadMs: number;
}

/**
 * Gets this gateway its first certificate. It may be killed at any point and run again, with the same token: the key is
 * kept until there is a certificate for it, and the service gives the same key the same certificate.
 *
 * @throws CarepostError of `enrolAt`, and `enrolment-answer-wrong`
 */
export async function enrolGateway(enrolment: Enrolment, signal: AbortSignal): Promise<EnrolOutcome> {
  const { folder: path, gateway, url, trust, token, replace, clock, steps } = enrolment;
  const folder = new IdentityFolder(path, gateway, steps);
  const usable = replace ? null : usableEnd(folder, clock.now());
  if (usable !== null) return { expiresAt: usable, wasEnrolled: true, serverAheadMs: 0 };
  const given = token();
  const ask = async (): Promise<EnrolAnswer> => {
    const csr = await newCsrPem(folder.pendingKey(), gateway);
    return await enrolAt({ url, trust, token: given, csr, gateway }, signal);
  };
  const answer = await ask().catch((error: unknown) => {
    if (!isOfRevokedKey(error)) throw error;
    folder.forgetPendingKey();
    return ask();
  });
  folder.install(answer);
  return {
    expiresAt: certificateFacts(answer.chain).notAfter,
    wasEnrolled: false,
    serverAheadMs: answer.at - clock.now(),
  };
}

/** The key that waits was certified before the gateway was revoked, in an answer that was lost. The token is still good. */
const isOfRevokedKey = (error: unknown): boolean =>
  identityErrors.is(error, "enrolment-refused") && error.context["answer"] === "key-revoked";

/** When the certificate ends that is there already; null where there is none that could be used. */
function usableEnd(folder: IdentityFolder, now: number): number | null {
  try {
    const facts = folder.current()?.facts ?? null;
    return facts === null || identityCondition(facts, now) === "expired" ? null : facts.notAfter;
  } catch {
    // What is damaged is enrolled anew.
    return null;
  }
}
