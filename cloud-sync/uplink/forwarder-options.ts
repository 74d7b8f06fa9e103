import type { Clock, Random } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import type { EnvelopeForm } from "../contract/cloud-event.ts";
import { batchBytesMax } from "../contract/delivery.ts";
import type { ConnectOptions, Connector } from "../mqtt/connection.ts";
import type { CommandHandlers } from "./commands.ts";
import type { EventOutbox } from "./event-outbox.ts";
import type { Outbox } from "./outbox.ts";
import type { GatewayCondition } from "./state.ts";

/** What the forwarder needs of the rest of the program. */
export interface ForwarderPorts {
  readonly outbox: Outbox;
  readonly connector: Connector;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly commands: CommandHandlers;
  /** How the gateway is, for its state. */
  readonly describe: () => GatewayCondition | Promise<GatewayCondition>;
  readonly events?: EventOutbox;
  /** The ingestor's clock, in milliseconds since 1970, with each receipt. It must not throw. */
  readonly onServerTime?: (at: number) => void;
  /** The time, in milliseconds since 1970, while the clock is known to be right: without it messages bear no time. */
  readonly trustedNow?: () => number | null;
}

export interface ForwarderOptions extends Partial<ForwarderTuning> {
  readonly gateway: string;
  /** The broker's address. */
  readonly url: string;
  /** How the gateway proves who it is; asked for each connection, so that a renewed certificate is used at once. */
  readonly tls?: ConnectOptions["tls"];
  readonly login?: ConnectOptions["login"];
  readonly version: string;
  /** Unique to this start of the program, 1 to 52 characters of A-Z, a-z, 0-9, _ and -: batch ids begin with it. */
  readonly bootId: string;
}

export interface ForwarderTuning {
  readonly protocol: "auto" | "5" | "3.1.1";
  /** `plain` is for an ingestion end that does not know CloudEvents yet. */
  readonly envelope: EnvelopeForm;
  /**
   * What ends the duty for a reading. `puback` is for a broker whose contract makes its acknowledgement durable, and
   * for nothing else: any other loses readings when it crashes.
   */
  readonly acknowledge: "receipt" | "puback";
  /**
   * At what QoS receipts and commands are heard. 0 where the broker is NATS, which keeps a replicated consumer for every
   * subscription of QoS 1. Nothing depends on it: a receipt that is lost costs a resend, and sessions are not kept.
   */
  readonly subscribeQos: 0 | 1;
  readonly keepAliveS: number;
  readonly connectTimeoutMs: number;
  readonly batchReadingsMax: number;
  /** The whole envelope. */
  readonly batchBytesMax: number;
  readonly windowBatches: number;
  readonly windowBytesMax: number;
  readonly backfillSharePercent: number;
  /** How long a receipt may take after the broker's acknowledgement before the batch is sent again. */
  readonly receiptTimeoutMs: number;
  /** How long the broker may take to answer anything before the connection is given up. */
  readonly answerTimeoutMs: number;
  /** How many failures that others did not share a single reading is given. */
  readonly deadLetterAfter: number;
  /** How long a settlement waits for others, to share their transaction. */
  readonly settleDelayMs: number;
  /** Before the very first attempt: a fleet that is switched on together should not arrive together. */
  readonly startDelayMaxMs: number;
  /** The first delay after a connection was lost is drawn from 0 to this; the bound doubles with each failure. */
  readonly reconnectFirstDelayMaxMs: number;
  /** 30 s suits a store, 300 s a million homes. */
  readonly reconnectDelayMaxMs: number;
  /** A connection that lasted so long makes the next delay short again. */
  readonly stableAfterMs: number;
  readonly stateIntervalMinMs: number;
  readonly statePollMs: number;
  /** How long a stop waits for receipts of what is under way. */
  readonly stopGraceMs: number;
}

export const forwarderDefaults: ForwarderTuning = {
  protocol: "auto",
  envelope: "cloudevents",
  acknowledge: "receipt",
  subscribeQos: 1,
  keepAliveS: 30,
  connectTimeoutMs: 10_000,
  batchReadingsMax: 100,
  batchBytesMax,
  windowBatches: 32,
  windowBytesMax: 2_097_152,
  backfillSharePercent: 10,
  receiptTimeoutMs: 15_000,
  answerTimeoutMs: 20_000,
  deadLetterAfter: 8,
  settleDelayMs: 20,
  startDelayMaxMs: 0,
  reconnectFirstDelayMaxMs: 1_000,
  reconnectDelayMaxMs: 30_000,
  stableAfterMs: 60_000,
  stateIntervalMinMs: 10_000,
  statePollMs: 60_000,
  stopGraceMs: 2_000,
};
