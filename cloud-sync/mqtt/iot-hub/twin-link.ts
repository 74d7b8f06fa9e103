import { createHash } from "node:crypto";
import { z } from "zod";
import type { Clock, Random } from "../../../device-drivers/ports/clock.ts";
import type { Log } from "../../../device-drivers/ports/log.ts";
import type { CommandResult } from "../../contract/control.ts";
import { RetrySchedule } from "../../uplink/retry-schedule.ts";
import { Wakeup } from "../../uplink/wakeup.ts";

export interface TwinPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Publishes a request under this id. Rejects when the connection is gone. */
  readonly ask: (what: "get" | "patch", rid: string, body: string) => Promise<void>;
  /** Hands a command on, as if it had come on our own topic. */
  readonly command: (payload: Uint8Array) => void;
}

/**
 * The device's twin at the hub: desired `settings` become the command `set-config`; what became of it, and the gateway's
 * state, are reported. Nothing that delivery needs is in it, so it is told late, seldom, and again after a refusal.
 */
export class TwinLink {
  readonly #ports: TwinPorts;
  readonly #bell: Wakeup;
  readonly #retries: RetrySchedule;
  /** By the command's id: which version of the desired properties it came from, and what it wants. */
  readonly #wishes = new Map<string, { readonly version: number; readonly settings: unknown }>();
  #wantsTwin = true;
  #unreported: Record<string, unknown> = {};
  /** What became of a wish is reported at once; the state has time. */
  #isUrgent = false;
  #reportedMs = Number.NEGATIVE_INFINITY;
  #question: { readonly rid: string; readonly answer: (response: TwinResponse) => void } | null = null;
  #count = 0;
  #version = 0;

  constructor(ports: TwinPorts) {
    this.#ports = ports;
    this.#bell = new Wakeup(ports.clock);
    this.#retries = new RetrySchedule({ firstDelayMaxMs: 5_000, delayMaxMs: 300_000 }, ports.random);
  }

  /** Reads the twin, then reports what there is to report, until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const waitMs = this.#waitMs();
        if (waitMs !== 0) await this.#bell.wait(waitMs, signal);
        else if (await this.#turn(signal)) this.#retries.reset();
        else await this.#ports.clock.sleep(this.#retries.nextDelayMs(), signal);
      } catch {
        // The connection is gone, and the signal with it; a publish that fails otherwise is tried again.
        if (!signal.aborted) await this.#ports.clock.sleep(this.#retries.nextDelayMs(), signal).catch(() => undefined);
      }
    }
  }

  /** Reported properties are merged: what comes later wins, and a null removes a property from the twin. */
  report(properties: Readonly<Record<string, unknown>>): void {
    this.#unreported = { ...this.#unreported, ...properties };
    this.#bell.notify();
  }

  responded(rid: string, status: number, payload: Uint8Array): void {
    if (this.#question?.rid === rid) this.#question.answer({ status, payload });
  }

  /** The desired properties have changed while we listened. */
  desiredChanged(payload: Uint8Array): void {
    const changed = desiredProperties.safeParse(jsonOf(payload));
    if (!changed.success) {
      this.#ports.log.warn("iot-hub-desired-unreadable", { bytes: payload.byteLength });
      return;
    }
    // A change that was missed is in the twin.
    if (changed.data.$version > this.#version + 1) this.fetch();
    this.#wish(changed.data);
  }

  /** There is a new connection: what changed meanwhile was told to nobody, and the twin may be another. */
  renewed(): void {
    this.#version = 0;
    this.fetch();
  }

  /** Reads the whole twin, soon. */
  fetch(): void {
    this.#wantsTwin = true;
    this.#bell.notify();
  }

  /** Was it the twin that asked for it? */
  finished({ id, outcome, code, message }: CommandResult): boolean {
    const wish = this.#wishes.get(id);
    if (wish === undefined) return false;
    const value = outcome === "done" ? { value: wish.settings } : {};
    const why = [code, message].filter((text) => text !== null).join(": ");
    this.#isUrgent = true;
    this.report({ settings: { ...value, ac: acknowledgements[outcome], av: wish.version, ad: why.slice(0, 512) } });
    return true;
  }

  /** 0: at once. Null: when something comes. */
  #waitMs(): number | null {
    if (this.#wantsTwin || this.#isUrgent) return 0;
    if (Object.keys(this.#unreported).length === 0) return null;
    return Math.max(0, this.#reportedMs + reportIntervalMinMs - this.#ports.clock.monotonicMs());
  }

  /** False if the hub wants it later. */
  async #turn(signal: AbortSignal): Promise<boolean> {
    return this.#wantsTwin ? await this.#read(signal) : await this.#report(signal);
  }

  /** What comes to be reported while the hub is being told waits for the next turn, with its own urgency. */
  async #report(signal: AbortSignal): Promise<boolean> {
    const properties = this.#unreported;
    const wasUrgent = this.#isUrgent;
    this.#unreported = {};
    this.#isUrgent = false;
    let isDone = false;
    try {
      const response = await this.#request("patch", JSON.stringify(properties), signal);
      this.#reportedMs = this.#ports.clock.monotonicMs();
      // What the hub calls wrong stays wrong; what it was too busy for is told again, unless it is old by then.
      isDone = response !== null && response.status < 500 && response.status !== 429;
      if (!isDone || (response?.status ?? 0) >= 300) {
        this.#ports.log.warn("iot-hub-twin-not-reported", { code: statusText(response) });
      }
      return isDone;
    } finally {
      if (!isDone) {
        this.#unreported = { ...properties, ...this.#unreported };
        this.#isUrgent ||= wasUrgent;
      }
    }
  }

  async #read(signal: AbortSignal): Promise<boolean> {
    const response = await this.#request("get", "", signal);
    const twin = response?.status === 200 ? twinDocument.safeParse(jsonOf(response.payload)) : null;
    const isOld = twin?.success === true && twin.data.desired.$version < this.#version;
    if (twin?.success === true && !isOld) {
      this.#wantsTwin = false;
      this.#wish(twin.data.desired);
      return true;
    }
    // What has changed since it was read may have been missed in part, so it is read again.
    const fault = isOld ? "outdated" : "not-a-twin";
    this.#ports.log.warn("iot-hub-twin-unread", { code: twin === null ? statusText(response) : fault });
    return false;
  }

  /** Null if nothing came in time. */
  async #request(what: "get" | "patch", body: string, signal: AbortSignal): Promise<TwinResponse | null> {
    const { clock, ask } = this.#ports;
    this.#count += 1;
    const rid = `${this.#count}`;
    const answer = Promise.withResolvers<TwinResponse | null>();
    this.#question = { rid, answer: answer.resolve };
    const answered = new AbortController();
    const patience = clock.sleep(responseTimeoutMs, AbortSignal.any([signal, answered.signal]));
    void patience.catch(() => undefined).then(() => answer.resolve(null));
    try {
      await ask(what, rid, body);
      return await answer.promise;
    } finally {
      this.#question = null;
      answered.abort();
    }
  }

  /** The id is the wish's own, so that one that was granted is not granted again at the next connection. */
  #wish({ settings, $version: version }: z.infer<typeof desiredProperties>): void {
    // A hub may tell of a change again, or out of turn; what is older than what is known already is not wished any more.
    if (version < this.#version) return;
    this.#version = version;
    if (settings === undefined || settings === null) return;
    const wanted = withoutNulls(settings);
    const hash = createHash("sha256").update(JSON.stringify(wanted)).digest("hex").slice(0, 16);
    const id = `twin-${version}-${hash}`;
    this.#wishes.set(id, { version, settings: wanted });
    for (const oldest of this.#wishes.keys()) {
      if (this.#wishes.size <= wishesMax) break;
      this.#wishes.delete(oldest);
    }
    this.#ports.command(new TextEncoder().encode(JSON.stringify({ v: 1, id, name: "set-config", settings: wanted })));
  }
}

interface TwinResponse {
  readonly status: number;
  readonly payload: Uint8Array;
}

/** A hub of one unit bears 50 updates a second for all its devices together. */
const reportIntervalMinMs = 60_000;
const responseTimeoutMs = 30_000;
const wishesMax = 16;

/** As IoT Plug and Play acknowledges a writable property: like HTTP. */
const acknowledgements: Readonly<Record<CommandResult["outcome"], number>> = {
  done: 200,
  invalid: 400,
  "unknown-command": 404,
  failed: 500,
};

const desiredProperties = z.object({ settings: z.unknown().optional(), $version: z.int().min(0) });
const twinDocument = z.object({ desired: desiredProperties });

/** A setting that was deleted from the twin is a null in the change; to the gateway it is one that nobody names. */
const withoutNulls = (settings: unknown): unknown =>
  typeof settings === "object" && settings !== null && !Array.isArray(settings)
    ? Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null))
    : settings;

const statusText = (response: TwinResponse | null): string => (response === null ? "timed-out" : `${response.status}`);

function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
  } catch {
    return undefined;
  }
}
