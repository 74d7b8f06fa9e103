import type { GatewayConfig } from "../../config/gateway-config.ts";
import { identityCondition, type IdentityCondition } from "../../identity/identity-condition.ts";
import type { Identity } from "../../identity/identity-folder.ts";
import { broken, doubtful, healthy, skipped } from "../doctor.ts";
import type { Check, Finding } from "../doctor.ts";

export interface CertificateFacts {
  readonly gateway: string;
  readonly now: number;
}

/** Does the gateway have a certificate of its own, and how long will it do? */
export const certificateCheck = (
  { folder }: Pick<GatewayConfig["identity"], "folder">,
  { gateway, now }: CertificateFacts,
): Check => ({
  name: "certificate",
  run: async () => {
    if (folder === null) return skipped("this gateway keeps no certificate of its own (identity.folder is not set)");
    const { IdentityFolder } = await import("../../identity/identity-folder.ts");
    const identity = new IdentityFolder(folder, gateway).current();
    return identity === null
      ? broken("this gateway has not been enrolled", "Enrol it with `carepost enroll` and a token of the authority's.")
      : judge(identity, now);
  },
});

function judge({ facts }: Pick<Identity, "facts">, now: number): Finding {
  const end = `${new Date(facts.notAfter).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  const days = Math.abs(facts.notAfter - now) / 86_400_000;
  const span = days >= 2 ? `${Math.floor(days)} days` : `${Math.floor(days * 24)} hours`;
  const findings: Readonly<Record<IdentityCondition, Finding>> = {
    valid: healthy(`valid until ${end}, for ${span} more`),
    "renewal-due": doubtful(
      `valid until ${end}, for ${span} more, and to be renewed`,
      "Nothing if the gateway runs and was just started. If this stays, its log says why (identity-renewal-failed).",
    ),
    "not-yet-valid": broken(
      `not valid yet, by this machine's clock, which says ${new Date(now).toISOString().slice(0, 16)}`,
      "Set the clock: `sudo timedatectl set-ntp true`. The broker cannot be reached until it is right.",
    ),
    expired: broken(
      `it expired on ${end}, ${span} ago`,
      "Start the gateway: it renews a certificate for 30 days after its end. After that, or if it is refused, `carepost enroll` with a token.",
    ),
  };
  return findings[identityCondition(facts, now)];
}
