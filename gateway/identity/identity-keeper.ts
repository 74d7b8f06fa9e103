import type { EnrolAnswer } from "../../cloud-sync/identity/enrolment-contract.ts";
import { identityErrors } from "../../cloud-sync/identity/identity-error.ts";
import type { TlsMaterial } from "../../cloud-sync/mqtt/connection.ts";
import { RetrySchedule } from "../../cloud-sync/uplink/retry-schedule.ts";
import { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import type { Clock, Random } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import type { Part } from "../run-parts.ts";
import { identityCondition, renewalAt, type IdentityCondition } from "./identity-condition.ts";
import type { Identity, IdentityFolder } from "./identity-folder.ts";

/** What the keeper needs to renew an identity. */
export interface IdentityPorts {
  readonly folder: IdentityFolder;
  /** Asks for a certificate for a new key, under the identity to be renewed. Rejects with a `CarepostError` of enrolment. */
  readonly renew: (tls: TlsMaterial, key: string, signal: AbortSignal) => Promise<EnrolAnswer>;
  /** What the uplink is shown and trusted by, made of the identity; absent: the identity as it is. */
  readonly toUplink?: (own: () => TlsMaterial) => TlsMaterial;
}

export interface KeeperComponents extends IdentityPorts {
  readonly gateway: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** There is a new certificate: connections that began with the old one should end before it does. */
  readonly onRenewed: () => void;
}

/** At least so often it looks at the certificate, which may have been enrolled anew, and at the clock, which may jump. */
const lookMs = 3_600_000;
const firstRetryMsMax = 60_000;
const retryMsMax = 3_600_000;

/**
 * Keeps the gateway's certificate fresh while it runs: from two thirds of its life on it asks for another, for a new
 * key, and uses the old one until the new is on disk. Whatever fails is tried again for as long as it runs, also when
 * the certificate has expired; nothing here ends the gateway, which goes on collecting.
 */
export class IdentityKeeper implements Part {
  readonly name = "identity keeper";
  readonly #with: KeeperComponents;
  readonly #retries: RetrySchedule;
  #told: Told | null = null;

  constructor(components: KeeperComponents) {
    this.#with = components;
    this.#retries = new RetrySchedule({ firstDelayMaxMs: firstRetryMsMax, delayMaxMs: retryMsMax }, components.random);
  }

  /** For the uplink. It throws as `IdentityFolder.tls` does. */
  tls(): TlsMaterial {
    const { folder, toUplink = (own): TlsMaterial => own() } = this.#with;
    return toUplink(() => folder.tls());
  }

  /** When the certificate ends, in milliseconds since 1970; null where there is none that can be used. */
  expiresAt(): number | null {
    return this.#look()?.facts.notAfter ?? null;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const waitMs = await this.#renewIfDue(signal);
      await this.#with.clock.sleep(waitMs, signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    }
  }

  /** Gives how long to wait before the next look. */
  async #renewIfDue(signal: AbortSignal): Promise<number> {
    const identity = this.#look();
    const condition = identity === null ? null : identityCondition(identity.facts, this.#with.clock.now());
    if (identity === null || condition === "not-yet-valid") return lookMs;
    if (condition === "valid") return Math.min(lookMs, renewalAt(identity.facts) - this.#with.clock.now());
    try {
      await this.#renew(signal);
      this.#retries.reset();
      // An authority near its own end gives certificates so short that they are due at once.
      return firstRetryMsMax;
    } catch (error) {
      if (signal.aborted) return 0;
      const code = error instanceof CarepostError ? error.code : "renewal-failed";
      this.#with.log.warn("identity-renewal-failed", { code, reason: reasonOf(error) });
      return this.#retries.nextDelayMs();
    }
  }

  async #renew(signal: AbortSignal): Promise<void> {
    const { folder, gateway, renew, log, onRenewed } = this.#with;
    folder.install(await renew(folder.tls(), folder.pendingKey(), signal));
    log.info("identity-renewed", { gateway });
    onRenewed();
  }

  /** Null where there is no identity to use; each change of its condition is told once. */
  #look(): Identity | null {
    const { folder, clock } = this.#with;
    try {
      const identity = folder.current();
      this.#tell(identity === null ? "absent" : identityCondition(identity.facts, clock.now()));
      return identity;
    } catch (error) {
      if (!identityErrors.is(error)) throw error;
      this.#tell("damaged");
      return null;
    }
  }

  #tell(condition: Told): void {
    if (condition === this.#told) return;
    this.#told = condition;
    const { log } = this.#with;
    if (condition === "valid" || condition === "renewal-due") log.info("identity", { reason: condition });
    else log.warn("identity", { reason: condition });
  }
}

type Told = IdentityCondition | "absent" | "damaged";

/** What the service answered where it did, in its own word. */
function reasonOf(error: unknown): string {
  const answer = error instanceof CarepostError ? error.context["answer"] : undefined;
  if (typeof answer === "string") return answer;
  return error instanceof Error ? error.message : String(error);
}
