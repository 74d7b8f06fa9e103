import type { GatewayConfig } from "../../config/gateway-config.ts";
import { identityCondition, type IdentityCondition } from "../../identity/identity-condition.ts";
import type { Identity } from "../../identity/identity-folder.ts";
import { broken, doubtful, healthy, say, skipped } from "../doctor.ts";
import type { Check, Finding, Said } from "../doctor.ts";

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
    if (folder === null) return skipped(say("identity-none"));
    const { IdentityFolder } = await import("../../identity/identity-folder.ts");
    const identity = new IdentityFolder(folder, gateway).current();
    return identity === null ? broken(say("identity-absent")) : judge(identity, now);
  },
});

function judge({ facts }: Pick<Identity, "facts">, now: number): Finding {
  const end = new Date(facts.notAfter).toISOString().slice(0, 16).replace("T", " ");
  const time = new Date(now).toISOString().slice(0, 16).replace("T", " ");
  const findings: Readonly<Record<IdentityCondition, Finding>> = {
    valid: healthy(dated("identity-valid", end, facts.notAfter - now)),
    "renewal-due": doubtful(dated("identity-renewal-due", end, facts.notAfter - now)),
    "not-yet-valid": broken(say("identity-not-yet-valid", { time })),
    expired: broken(dated("identity-expired", end, now - facts.notAfter)),
  };
  return findings[identityCondition(facts, now)];
}

type Dated = "identity-valid" | "identity-renewal-due" | "identity-expired";

/** In days, and in hours where it is fewer than two of them. */
function dated(code: Dated, end: string, spanMs: number): Said {
  const hours = Math.floor(spanMs / 3_600_000);
  return hours >= 48 ? say(code, { end, days: Math.floor(hours / 24) }) : say(`${code}-hours`, { end, hours });
}
