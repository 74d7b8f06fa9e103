import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import type { GatewayState } from "../contract/control.ts";
import { connectionErrors } from "../mqtt/connection-error.ts";
import type { OutgoingMessage } from "../mqtt/connection.ts";
import { codeOf } from "./code-of.ts";
import type { Envelope } from "./envelope.ts";
import type { Backlog, Outbox } from "./outbox.ts";
import { Wakeup } from "./wakeup.ts";

/** What only the gateway knows of itself. */
export interface GatewayCondition {
  /** Readings that wait for a person or for a trusted clock. */
  readonly held: number | null;
  readonly clock: GatewayState["clock"];
  /** Why the store takes no more readings; null while it does. */
  readonly alarm: string | null;
  /** How its radio fares, where there is one. */
  readonly radio?: NonNullable<GatewayState["radio"]>;
  /** When its certificate ends; null where it ought to have one and has none, absent where it needs none. */
  readonly certificateExpiresAt?: number | null;
  /** When the certificate of its pages ends; null while none is served, absent where they have none. */
  readonly pagesCertificateExpiresAt?: number | null;
  /** Of the roster that it follows; null while it follows none, absent where it never does. */
  readonly rosterVersion?: number | null;
}

export interface StatePorts {
  readonly outbox: Pick<Outbox, "backlog">;
  readonly clock: Clock;
  readonly log: Log;
  readonly describe: () => GatewayCondition | Promise<GatewayCondition>;
  /** Each time that the backlog was looked at. */
  readonly onBacklog: (backlog: Backlog) => void;
  readonly envelope: Envelope;
}

export interface StateIdentity {
  readonly topic: string;
  readonly gateway: string;
  readonly version: string;
  readonly bootId: string;
}

export interface StateRules {
  /** Two states are at least so far apart. */
  readonly intervalMinMs: number;
  /** So often it is looked whether anything changed that nobody announced. */
  readonly pollMs: number;
}

/**
 * How the gateway is, retained at the broker: published when a connection begins and when something has changed, never
 * as a heartbeat. The last will says "offline", and so does a gateway that leaves.
 */
export class StateReporter {
  readonly #ports: StatePorts;
  readonly #identity: StateIdentity;
  readonly #rules: StateRules;
  readonly #wakeup: Wakeup;
  #made = 0;

  constructor(ports: StatePorts, identity: StateIdentity, rules: StateRules) {
    this.#ports = ports;
    this.#identity = identity;
    this.#rules = rules;
    this.#wakeup = new Wakeup(ports.clock);
  }

  /** Written before anything is known of the time that it will tell of. */
  offline(): OutgoingMessage {
    const unknown = { backlog: null, oldestUnsentAt: null, held: null, alarm: null, radio: null } as const;
    return this.#message({ ...unknown, online: false, clock: "untrusted" }, null);
  }

  /** Something may have changed: look soon. */
  changed(): void {
    this.#wakeup.notify();
  }

  /** Publishes at once, and then on change, until the signal is aborted, or rejects with `connection-lost`. */
  async run(publish: (message: OutgoingMessage) => Promise<void>, signal: AbortSignal): Promise<void> {
    let last = "";
    while (!signal.aborted) {
      const state = await this.#look();
      const text = JSON.stringify(state);
      if (text !== last) last = (await this.#tell(publish, state)) ? text : "";
      await this.#ports.clock.sleep(this.#rules.intervalMinMs, signal);
      await this.#wakeup.wait(Math.max(0, this.#rules.pollMs - this.#rules.intervalMinMs), signal);
    }
  }

  /** A broker that refuses our state may well take our readings: it is told again later. */
  async #tell(publish: (message: OutgoingMessage) => Promise<void>, state: Changing): Promise<boolean> {
    try {
      await publish(this.#message(state, this.#ports.envelope.trustedNow()));
      return true;
    } catch (error) {
      if (!connectionErrors.is(error) || error.code === "connection-lost") throw error;
      this.#ports.log.warn("state-refused", { code: error.code });
      return false;
    }
  }

  async #look(): Promise<Changing> {
    const { held, clock, alarm, radio = null, ...dated } = await this.#condition();
    const { certificateExpiresAt, pagesCertificateExpiresAt, rosterVersion } = dated;
    const backlog = await this.#backlog();
    if (backlog !== null) this.#ports.onBacklog(backlog);
    return {
      online: true,
      backlog: backlog?.waiting ?? null,
      oldestUnsentAt: backlog?.oldestUnsentAt ?? null,
      held,
      clock,
      alarm,
      radio,
      ...(certificateExpiresAt === undefined ? {} : { certificateExpiresAt }),
      ...(pagesCertificateExpiresAt === undefined ? {} : { pagesCertificateExpiresAt }),
      ...(rosterVersion === undefined ? {} : { rosterVersion }),
    };
  }

  async #condition(): Promise<GatewayCondition> {
    try {
      return await this.#ports.describe();
    } catch (error) {
      return { held: null, clock: "untrusted", alarm: codeOf(error) };
    }
  }

  async #backlog(): Promise<Backlog | null> {
    try {
      return await this.#ports.outbox.backlog();
    } catch (error) {
      this.#ports.log.warn("backlog-unknown", { code: codeOf(error) });
      return null;
    }
  }

  #message(state: Changing, at: number | null): OutgoingMessage {
    const { topic, gateway, version, bootId } = this.#identity;
    const whole: GatewayState = { v: 1, gateway, version, bootId, ...state, at: Math.round(this.#ports.clock.now()) };
    this.#made += 1;
    const id = `state:${bootId}:${this.#made.toString(36)}`;
    return { ...this.#ports.envelope.seal("state", { id, at }, whole), topic, qos: 1, retain: true };
  }
}

/** What of a state changes while the program runs. */
type Changing = Omit<GatewayState, "v" | "gateway" | "version" | "bootId" | "at">;
