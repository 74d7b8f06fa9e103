import { z } from "zod";
import { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import { isCloudEvent, openEnvelope } from "../contract/cloud-event.ts";
import { command } from "../contract/control.ts";
import type { Command, CommandResult, RemoteSettings } from "../contract/control.ts";
import type { PackedText } from "../contract/packed-text.ts";
import type { Roster } from "../contract/roster.ts";
import { connectionErrors } from "../mqtt/connection-error.ts";
import type { IncomingMessage, OutgoingMessage } from "../mqtt/connection.ts";
import { codeOf } from "./code-of.ts";
import type { Envelope } from "./envelope.ts";
import { parseJson } from "./parse-json.ts";
import { uplinkErrors } from "./uplink-error.ts";
import { Wakeup } from "./wakeup.ts";

/** What the gateway does when it is asked. Each resolves when it is done, and rejects with a `CarepostError`. */
export interface CommandHandlers {
  syncNow(): Promise<void>;
  setConfig(settings: RemoteSettings): Promise<void>;
  forgetDevice(device: string): Promise<void>;
  /** Follows this roster instead of the one before; one that is older than that changes nothing. */
  followRoster(roster: Roster): Promise<void>;
  /** Makes the file for whoever helps. Left out where there is none: then there is no such command. */
  supportBundle?: (() => Promise<PackedText>) | undefined;
}

export interface CommandPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly handlers: CommandHandlers;
  readonly envelope: Envelope;
}

/**
 * Takes commands, one at a time, and answers each once it is done. A broker delivers at least once, so a command that
 * comes again is not done again: it gets the answer that it had. Answers wait for a connection.
 */
export class CommandDesk {
  readonly #ports: CommandPorts;
  readonly #resultsTopic: string;
  readonly #todo: Command[] = [];
  /** By id, the oldest first. */
  readonly #answered = new Map<string, DatedResult>();
  #unsent: DatedResult[] = [];
  readonly #work: Wakeup;
  readonly #mail: Wakeup;
  #doing: string | null = null;

  constructor(ports: CommandPorts, resultsTopic: string) {
    this.#ports = ports;
    this.#resultsTopic = resultsTopic;
    this.#work = new Wakeup(ports.clock);
    this.#mail = new Wakeup(ports.clock);
  }

  receive({ payload, retain }: IncomingMessage): void {
    const message = parseJson(payload, commandBytesMax);
    const opened = openEnvelope(message, { kind: "commands" });
    const value = opened.ok ? opened.value.data : dataOf(message);
    const parsed = command.safeParse(value);
    const id = parsed.success ? parsed.data.id : (identified.safeParse(value).data?.id ?? unreadableId);
    const earlier = this.#answered.get(id);
    if (retain) this.#answer(id, { outcome: "invalid", code: null, message: "a command must not be retained" });
    else if (earlier !== undefined) this.#send(earlier);
    else if (!opened.ok) this.#answer(id, { outcome: "invalid", code: null, message: opened.error.reason });
    else if (!parsed.success) this.#answer(id, refusal(value, parsed.error));
    else if (this.#isUnderWay(id)) return;
    else if (this.#todo.length >= commandsMax) this.#send(this.#result(id, failed(queueFull())));
    else {
      this.#todo.push(parsed.data);
      this.#work.notify();
    }
  }

  /** Does what was received, until the signal is aborted. Never rejects. */
  async work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const next = this.#todo.shift();
      if (next === undefined) await this.#work.wait(null, signal).catch(() => undefined);
      else await this.#do(next);
    }
  }

  /** Sends answers until the signal is aborted, or rejects with `connection-lost`; what is not acknowledged is kept. */
  async report(publish: (message: OutgoingMessage) => Promise<void>, signal: AbortSignal): Promise<void> {
    for (;;) {
      const [result] = this.#unsent;
      if (result === undefined) await this.#mail.wait(null, signal);
      else if (await this.#deliver(result, publish)) this.#unsent = this.#unsent.filter((other) => other !== result);
      else await this.#ports.clock.sleep(refusedPauseMs, signal);
    }
  }

  /** False if the broker refuses it, which is no reason to end a connection that readings travel on. */
  async #deliver(result: DatedResult, publish: (message: OutgoingMessage) => Promise<void>): Promise<boolean> {
    try {
      await publish(this.#message(result));
      return true;
    } catch (error) {
      if (!connectionErrors.is(error) || error.code === "connection-lost") throw error;
      this.#ports.log.warn("result-refused", { code: error.code });
      return false;
    }
  }

  async #do(todo: Command): Promise<void> {
    this.#doing = todo.id;
    this.#ports.log.info("command", { command: todo.name });
    try {
      this.#answer(todo.id, await this.#dispatch(todo));
    } catch (error) {
      this.#ports.log.warn("command-failed", { command: todo.name, code: codeOf(error) });
      this.#answer(todo.id, failed(error));
    } finally {
      this.#doing = null;
    }
  }

  async #dispatch(todo: Command): Promise<Answer> {
    const { handlers } = this.#ports;
    switch (todo.name) {
      case "sync-now":
        await handlers.syncNow();
        break;
      case "set-config":
        await handlers.setConfig(todo.settings);
        break;
      case "forget-device":
        await handlers.forgetDevice(todo.device);
        break;
      case "roster":
        await handlers.followRoster(todo.roster);
        break;
      case "support-bundle":
        if (handlers.supportBundle === undefined) return unknownCommand;
        return { ...done, bundle: await handlers.supportBundle() };
    }
    return done;
  }

  #isUnderWay(id: string): boolean {
    return this.#doing === id || this.#todo.some((todo) => todo.id === id);
  }

  #answer(id: string, answer: Answer): void {
    const result = this.#result(id, answer);
    if (result.result.bundle !== undefined) this.#forgetBundles();
    if (id !== unreadableId) this.#answered.set(id, result);
    for (const oldest of this.#answered.keys()) {
      if (this.#answered.size <= answersMax) break;
      this.#answered.delete(oldest);
    }
    this.#send(result);
  }

  /** Of all that was answered only the latest bundle is kept: the others have been sent, and are large. */
  #forgetBundles(): void {
    for (const [id, { result, trustedAt }] of this.#answered) {
      if (result.bundle === undefined) continue;
      const { bundle: _sent, ...rest } = result;
      this.#answered.set(id, { result: { ...rest, message: "its bundle is not kept any more" }, trustedAt });
    }
  }

  #send(result: DatedResult): void {
    if (!this.#unsent.includes(result)) this.#unsent.push(result);
    this.#unsent = this.#unsent.slice(-answersMax);
    this.#mail.notify();
  }

  #result(id: string, { outcome, code, message, bundle }: Answer): DatedResult {
    const at = Math.round(this.#ports.clock.now());
    const text = message?.slice(0, messageCharsMax) ?? null;
    const attached = bundle === undefined ? {} : { bundle };
    return {
      result: { v: 1, id, outcome, code, message: text, ...attached, at },
      trustedAt: this.#ports.envelope.trustedNow(),
    };
  }

  #message({ result, trustedAt }: DatedResult): OutgoingMessage {
    const attributes = { id: `result:${result.id}:${result.at}`, at: trustedAt, subject: result.id };
    const sealed = this.#ports.envelope.seal("results", attributes, result);
    return { ...sealed, topic: this.#resultsTopic, qos: 1, retain: false };
  }
}

/** A result, and the time at which it came about, if the clock was right then. */
interface DatedResult {
  readonly result: CommandResult;
  readonly trustedAt: number | null;
}

type Answer = Pick<CommandResult, "outcome" | "code" | "message" | "bundle">;

const done: Answer = { outcome: "done", code: null, message: null };
const unknownCommand: Answer = {
  outcome: "unknown-command",
  code: null,
  message: "this gateway has no such command",
};

/** A roster of as many assignments as one may hold, with ids of the greatest length, is some 45 kB. */
const commandBytesMax = 65_536;
const commandsMax = 64;
const answersMax = 256;
const messageCharsMax = 512;
const refusedPauseMs = 60_000;
/** Stands in an answer for the id of a command that could not be read. */
const unreadableId = "unreadable";

/** Of an envelope that is wrong: its data may still say which command it was. */
const dataOf = (message: unknown): unknown => (isCloudEvent(message) ? message["data"] : undefined);

const identified = z.object({ id: command.options[0].shape.id });
const named = z.object({ name: z.string() });
const knownNames: ReadonlySet<string> = new Set(command.options.map(({ shape }) => shape.name.value));

function refusal(value: unknown, error: z.ZodError): Answer {
  const name = named.safeParse(value).data?.name;
  if (name !== undefined && !knownNames.has(name)) {
    return unknownCommand;
  }
  // The faulty values themselves are not repeated: a command may hold what a result must not.
  const places = error.issues.map(({ path, code }) => `${path.join(".") || "command"}: ${code}`);
  return { outcome: "invalid", code: null, message: value === undefined ? "not JSON" : places.join("; ") };
}

const queueFull = (): CarepostError => uplinkErrors.make("command-queue-full", "too many commands wait already");

function failed(error: unknown): Answer {
  const message = error instanceof CarepostError ? error.remedy : "the gateway's log has the reason";
  return { outcome: "failed", code: codeOf(error).slice(0, 64), message };
}
