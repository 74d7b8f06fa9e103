import { connect, type Socket } from "node:net";
import type { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import type { Candidate } from "../pairing/candidates.ts";
import type { PairedDevice, PairingChoice, PairingSession, WindowOptions } from "../pairing/pairing-window.ts";
import { abortable } from "../radio/abortable.ts";
import { BoundedLines } from "../radio/bounded-lines.ts";
import type { PairingDialogue } from "../radio/pairing.ts";
import { controlErrors } from "./control-error.ts";
import { errorOf } from "./control-failure.ts";
import {
  controlLineBytesMax,
  type ControlMessage,
  controlMessage,
  type ControlRequest,
  type ControlResult,
  controlVersion,
  parseControl,
} from "./control-protocol.ts";
import { put } from "./wire-dialogue.ts";

type Without<Request> = Request extends unknown ? Omit<Request, "v" | "id"> : never;
type ResultOf<Type extends ControlResult["type"]> = Extract<ControlResult, { readonly type: Type }>;
type Settle = (message: Extract<ControlMessage, { readonly id: number }> | null) => void;

export type ExportNote = Omit<Extract<ControlRequest, { readonly op: "note-export" }>, "v" | "id" | "op">;

const farewellMsMax = 2_000;

/**
 * Connects to the gateway that runs over this database; null if none does.
 * @throws CarepostError `control-denied` if its socket is another user's
 */
export function connectControl(path: string): Promise<ControlClient | null> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const fail = (cause: NodeJS.ErrnoException): void => {
      socket.destroy();
      if (cause.code !== "EACCES" && cause.code !== "EPERM") return resolve(null);
      reject(controlErrors.make("control-denied", "the gateway that runs here is another user's", { cause }));
    };
    socket.once("error", fail);
    socket.once("connect", () => {
      socket.off("error", fail);
      resolve(new ControlClient(socket));
    });
  });
}

/** A conversation with the gateway. Whatever is asked rejects with the gateway's own errors, or with `control-lost`. */
export class ControlClient {
  readonly #socket: Socket;
  readonly #lines = new BoundedLines(controlLineBytesMax);
  readonly #answers = new Map<number, Settle>();
  readonly #questions = new Map<number, AbortController>();
  readonly #over = new AbortController();
  #dialogue: PairingDialogue | null = null;
  #candidates: readonly Candidate[] | null = null;
  #wake = (): void => undefined;
  #windowEnd: CarepostError | null = null;
  #lastId = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("error", () => undefined);
    socket.on("close", () => this.#end(controlErrors.make("control-lost", "the gateway has ended the conversation")));
  }

  async state(): Promise<ResultOf<"state">> {
    return await this.#ask({ op: "state" }, "state");
  }

  async forget(deviceId: string): Promise<ResultOf<"forgotten">> {
    return await this.#ask({ op: "forget", deviceId }, "forgotten");
  }

  async withdraw(person: string): Promise<ResultOf<"withdrawn">> {
    return await this.#ask({ op: "withdraw", person }, "withdrawn");
  }

  async noteExport(note: ExportNote): Promise<void> {
    await this.#ask({ op: "note-export", ...note }, "done");
  }

  /** Opens the gateway's pairing window: one at a time for each conversation. The signal closes it. */
  async openWindow(options: WindowOptions, dialogue: PairingDialogue, signal: AbortSignal): Promise<PairingSession> {
    signal.throwIfAborted();
    this.#dialogue = dialogue;
    this.#windowEnd = null;
    this.#candidates = null;
    await this.#ask({ op: "open-window", ...options }, "done");
    const close = async (): Promise<void> => {
      const closing = this.#ask({ op: "close-window" }, "done").catch(() => undefined);
      await abortable(closing, AbortSignal.timeout(farewellMsMax)).catch(() => undefined);
    };
    signal.addEventListener("abort", () => void close(), { once: true, signal: this.#over.signal });
    return {
      candidates: (until) => this.#takeCandidates(until),
      pair: (choice) => this.#pair(choice),
      ended: () => this.#windowEnd,
      close,
    };
  }

  /** Idempotent. A window that is open closes with it. */
  close(): void {
    this.#socket.destroy();
    this.#end(controlErrors.make("control-lost", "the conversation is over"));
  }

  async #pair({ address, forgetsKey }: PairingChoice): Promise<PairedDevice> {
    return (await this.#ask({ op: "pair", address, forgetsKey }, "paired")).device;
  }

  async *#takeCandidates(signal: AbortSignal): AsyncGenerator<readonly Candidate[], void> {
    const ended = AbortSignal.any([signal, this.#over.signal]);
    while (!ended.aborted) {
      const list = this.#candidates;
      this.#candidates = null;
      if (list !== null) yield list;
      else if (this.#windowEnd !== null) return;
      else await this.#news(ended);
    }
  }

  #news(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#wake = (): void => undefined;
        signal.removeEventListener("abort", wake);
        resolve();
      };
      this.#wake = wake;
      signal.addEventListener("abort", wake, { once: true });
    });
  }

  #ask<Type extends ControlResult["type"]>(request: Without<ControlRequest>, type: Type): Promise<ResultOf<Type>> {
    if (this.#over.signal.aborted) return Promise.reject(this.#over.signal.reason);
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#answers.set(id, (message) => {
        if (message === null) reject(this.#over.signal.reason);
        else if (!message.ok) reject(errorOf(message.failure));
        else if (isResult(message.result, type)) resolve(message.result);
        else reject(controlErrors.make("control-mismatch", "the gateway answered something else"));
      });
      this.#socket.write(`${JSON.stringify({ v: controlVersion, id, ...request })}\n`);
    });
  }

  #read(chunk: Buffer): void {
    const lines = this.#lines.push(chunk);
    const messages = (lines ?? []).map((line) => parseControl(controlMessage, line));
    for (const message of messages) if (message !== null) this.#hear(message);
    if (lines !== null && !messages.includes(null)) return;
    this.#end(controlErrors.make("control-mismatch", "the gateway says what this command does not understand"));
    this.#socket.destroy();
  }

  #hear(message: ControlMessage): void {
    if ("id" in message) {
      const settle = this.#answers.get(message.id);
      this.#answers.delete(message.id);
      settle?.(message);
    } else if (message.event === "candidates") {
      this.#candidates = message.candidates;
      this.#wake();
    } else if (message.event === "question") void this.#answer(message);
    else if (message.event === "question-over") this.#questions.get(message.number)?.abort();
    else {
      this.#windowEnd = errorOf(message.failure);
      for (const question of this.#questions.values()) question.abort(this.#windowEnd);
      this.#wake();
    }
  }

  async #answer({ number, question }: Extract<ControlMessage, { readonly event: "question" }>): Promise<void> {
    if (this.#dialogue === null) return;
    const wanted = new AbortController();
    this.#questions.set(number, wanted);
    const answer = await put(this.#dialogue, question, AbortSignal.any([wanted.signal, this.#over.signal]));
    this.#questions.delete(number);
    if (answer === null || wanted.signal.aborted) return;
    await this.#ask({ op: "answer", question: number, answer }, "done").catch(() => undefined);
  }

  #end(reason: CarepostError): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort(reason);
    for (const settle of this.#answers.values()) settle(null);
    this.#answers.clear();
    this.#wake();
  }
}

function isResult<Type extends ControlResult["type"]>(result: ControlResult, type: Type): result is ResultOf<Type> {
  return result.type === type;
}
