import { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import type { RemoteSettings } from "../contract/control.ts";
import { gatewayTopics } from "../contract/topics.ts";
import { BatchMaker } from "./batch.ts";
import { codeOf } from "./code-of.ts";
import { CommandDesk } from "./commands.ts";
import { Delivery } from "./delivery.ts";
import { Drain } from "./drain.ts";
import type { DrainRules } from "./drain.ts";
import { EventCourier } from "./event-courier.ts";
import { envelopeOf } from "./envelope.ts";
import { forwarderDefaults } from "./forwarder-options.ts";
import type { ForwarderOptions, ForwarderPorts, ForwarderTuning } from "./forwarder-options.ts";
import { LaneSchedule } from "./lane-schedule.ts";
import { RetrySchedule } from "./retry-schedule.ts";
import { Session } from "./session.ts";
import { SettleBuffer } from "./settle-buffer.ts";
import { StateReporter } from "./state.ts";
import type { UplinkStatus } from "./uplink-status.ts";
import { Wakeup } from "./wakeup.ts";

/** The gateway's end of delivery: it drains the outbox to the broker, for as long as it runs. */
export interface Forwarder {
  /**
   * Connects, drains, and connects again, until the signal is aborted; then lets what is under way arrive and resolves.
   * Rejects only with what no retry will mend: an error whose recovery is "stop", as a wrong configuration's, or a fault
   * of the program.
   */
  run(signal: AbortSignal): Promise<void>;
  /** Tries now whatever would be tried later: the connection, and what waits to be sent again. */
  syncNow(): void;
  /** Ends the connection as a stop would, and makes another: for what is only said when one begins, as a certificate. */
  reconnect(): void;
  /** Changes what may be changed while it runs; what is not named stays. */
  settings(update: Pick<RemoteSettings, "batchReadingsMax" | "windowBatches" | "backfillSharePercent">): void;
  /** The gateway's condition has changed: its state is published soon. */
  stateChanged(): void;
  status(): UplinkStatus;
}

export function createForwarder(ports: ForwarderPorts, options: ForwarderOptions): Forwarder {
  return new OutboxForwarder(ports, { ...forwarderDefaults, ...options });
}

class OutboxForwarder implements Forwarder {
  readonly #ports: ForwarderPorts;
  readonly #options: ForwarderOptions & ForwarderTuning;
  readonly #rules: DrainRules;
  readonly #schedule: LaneSchedule;
  readonly #settle: SettleBuffer;
  readonly #delivery: Delivery;
  readonly #drain: Drain;
  readonly #state: StateReporter;
  readonly #desk: CommandDesk;
  readonly #courier: EventCourier | null;
  readonly #retries: RetrySchedule;
  readonly #impatience: Wakeup;
  /** Aborted to end the connection of the moment. */
  #renewal = new AbortController();
  #connection: UplinkStatus["connection"] = null;
  #lastFailure: UplinkStatus["lastFailure"] = null;
  #nextAttemptMs: number | null = null;

  constructor(ports: ForwarderPorts, options: ForwarderOptions & ForwarderTuning) {
    const { outbox, clock, random, log } = ports;
    const { gateway, version, bootId } = options;
    const topics = gatewayTopics(gateway);
    const { trustedNow = (): null => null } = ports;
    const envelope = envelopeOf(gateway, options.envelope, trustedNow);
    this.#ports = ports;
    this.#options = options;
    this.#rules = { ...options };
    this.#schedule = new LaneSchedule(options.backfillSharePercent);
    this.#impatience = new Wakeup(clock);
    this.#retries = new RetrySchedule(
      { firstDelayMaxMs: options.reconnectFirstDelayMaxMs, delayMaxMs: options.reconnectDelayMaxMs },
      random,
    );
    this.#settle = new SettleBuffer(
      { outbox, clock, random, log, onSettled: () => this.#drain.notify() },
      { delayMs: options.settleDelayMs, settlementsMax: 256 },
    );
    this.#delivery = new Delivery(
      { clock, random, log, settle: this.#settle, onServerTime: ports.onServerTime ?? ((): void => undefined) },
      options,
    );
    this.#drain = new Drain(
      {
        outbox,
        clock,
        random,
        log,
        delivery: this.#delivery,
        settle: this.#settle,
        schedule: this.#schedule,
        batches: new BatchMaker({ gateway, bootId, form: options.envelope, trustedNow }),
      },
      this.#rules,
    );
    this.#state = new StateReporter(
      { outbox, clock, log, envelope, describe: ports.describe, onBacklog: ({ waiting }) => this.#lookBehind(waiting) },
      { topic: topics.state, gateway, version, bootId },
      { intervalMinMs: options.stateIntervalMinMs, pollMs: options.statePollMs },
    );
    this.#desk = new CommandDesk({ clock, log, envelope, handlers: this.#handlers() }, topics.results);
    this.#courier =
      ports.events === undefined
        ? null
        : new EventCourier(
            { clock, random, log, envelope, events: ports.events },
            { ...options, topic: topics.events },
          );
  }

  async run(signal: AbortSignal): Promise<void> {
    const { outbox, events, random } = this.#ports;
    const background = new AbortController();
    const work = [this.#settle.run(background.signal), this.#desk.work(background.signal)];
    const stopListening = [
      outbox.onAdded((lane) => this.#drain.added(lane)),
      outbox.onRemoved?.(() => this.#drain.removed()),
      events?.onEventAdded(() => this.#courier?.notify()),
    ];
    try {
      await this.#rest(random() * this.#options.startDelayMaxMs, signal);
      while (!signal.aborted) {
        await this.#connectOnce(signal);
        await this.#rest(this.#retries.nextDelayMs(), signal);
      }
    } finally {
      for (const stop of stopListening) stop?.();
      background.abort();
      await Promise.all(work);
    }
  }

  syncNow(): void {
    this.#drain.hurry();
    if (this.#nextAttemptMs !== null) this.#impatience.notify();
  }

  reconnect(): void {
    this.#renewal.abort();
    this.syncNow();
  }

  settings({ batchReadingsMax, windowBatches, backfillSharePercent }: Parameters<Forwarder["settings"]>[0]): void {
    if (batchReadingsMax !== undefined) this.#rules.batchReadingsMax = batchReadingsMax;
    if (backfillSharePercent !== undefined) this.#schedule.setShare(backfillSharePercent);
    if (windowBatches !== undefined) {
      this.#rules.windowBatches = windowBatches;
      this.#delivery.window.setBatchesMax(windowBatches);
    }
    this.#drain.notify();
  }

  stateChanged(): void {
    this.#state.changed();
  }

  status(): UplinkStatus {
    const { window, resend, counts } = this.#delivery;
    return {
      connection: this.#connection,
      lastFailure: this.#lastFailure,
      nextAttemptInMs: this.#nextAttemptMs === null ? null : this.#nextAttemptMs - this.#ports.clock.monotonicMs(),
      underWay: { batches: window.batches, readings: window.readings, bytes: window.bytes },
      toResend: { pieces: resend.pieces, readings: resend.readings },
      counts: { ...counts },
    };
  }

  #handlers(): ConstructorParameters<typeof CommandDesk>[0]["handlers"] {
    const { commands } = this.#ports;
    return {
      syncNow: async () => {
        this.syncNow();
        await commands.syncNow();
      },
      setConfig: async (settings) => {
        await commands.setConfig(settings);
        this.settings(settings);
      },
      forgetDevice: (device) => commands.forgetDevice(device),
      followRoster: async (roster) => {
        await commands.followRoster(roster);
        this.stateChanged();
      },
      supportBundle: commands.supportBundle,
    };
  }

  /** Readings that wait though nobody works on them lie behind the cursors: they are read from the start again. */
  #lookBehind(waiting: number): void {
    if (waiting > 0 && this.#drain.isIdle) this.#drain.sweep();
  }

  async #connectOnce(signal: AbortSignal): Promise<void> {
    const { connector, clock, log } = this.#ports;
    const { url, gateway, protocol, keepAliveS, connectTimeoutMs, tls, login } = this.#options;
    const will = this.#state.offline();
    this.#renewal = new AbortController();
    const renewal = this.#renewal.signal;
    try {
      const options = { url, clientId: gateway, protocol, keepAliveS, connectTimeoutMs, will, tls, login };
      const connection = await connector.connect(options, signal);
      const beganMs = clock.monotonicMs();
      this.#connection = { protocol: connection.protocol, since: clock.now() };
      log.info("connected", { protocol: connection.protocol });
      const end = await new Session(this.#parts(), connection).run(AbortSignal.any([signal, renewal]));
      log.info("disconnected", { by: end.by, reason: end.reason, durationMs: clock.monotonicMs() - beganMs });
      if (clock.monotonicMs() - beganMs >= this.#options.stableAfterMs || renewal.aborted) this.#retries.reset();
    } catch (error) {
      if (signal.aborted) return;
      this.#lastFailure = { code: codeOf(error), at: clock.now() };
      log.warn("connect-failed", { code: codeOf(error) });
      // What no table knows is a fault of the program: to try it again and again would only hide it.
      if (!(error instanceof CarepostError) || error.recovery === "stop") throw error;
    } finally {
      this.#connection = null;
    }
  }

  #parts(): ConstructorParameters<typeof Session>[0] {
    const { clock, log } = this.#ports;
    const { gateway, subscribeQos, answerTimeoutMs, stopGraceMs } = this.#options;
    return {
      clock,
      log,
      topics: gatewayTopics(gateway),
      delivery: this.#delivery,
      drain: this.#drain,
      settle: this.#settle,
      state: this.#state,
      desk: this.#desk,
      courier: this.#courier,
      subscribeQos,
      answerTimeoutMs,
      stopGraceMs,
    };
  }

  /** Waits, unless somebody asks to sync now. */
  async #rest(delayMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || delayMs <= 0) return;
    this.#nextAttemptMs = this.#ports.clock.monotonicMs() + delayMs;
    try {
      await this.#impatience.wait(delayMs, signal);
    } catch {
      // Aborted: the caller looks at the signal.
    } finally {
      this.#nextAttemptMs = null;
    }
  }
}
