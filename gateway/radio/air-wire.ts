import { connect, type Socket } from "node:net";
import type { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import { fromHex } from "../../device-drivers/kit/hex.ts";
import {
  type AirMessage,
  type AirRequest,
  type AirResult,
  airLineBytesMax,
} from "../../device-drivers/ports/air-protocol.ts";
import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import type { Advertisement } from "../../device-drivers/ports/gatt.ts";
import { parseAirMessage } from "./air-message.ts";
import { BoundedLines } from "./bounded-lines.ts";
import { pairingErrors } from "./pairing-error.ts";
import type { Arrival } from "./virtual-subscription.ts";

/** Where the air is: a Unix socket's path, or a port of the loopback interface. */
export type AirPlace = { readonly socketPath: string } | { readonly port: number };

type Without<Request, Key extends string> = Request extends unknown ? Omit<Request, Key> : never;
export type WireRequest = Without<AirRequest, "id">;
export type LinkRequest = Without<Extract<AirRequest, { readonly link: number }>, "id" | "link">;
export type PairRequest = Without<Extract<AirRequest, { readonly op: "pair" }>, "id">;
export type PairingQuestion = Extract<AirMessage, { readonly event: "pairing" }>;

export interface LinkListener {
  /** Returns whether the value waits to be taken. */
  value(handle: number, arrival: Arrival): boolean;
  lost(reason: string): void;
}

/** While more values than this wait to be taken, nothing is read from the air, which holds the devices back. */
const waitingValuesMax = 8_192;
/** An air that leaves so many requests unanswered is as good as gone. */
const unansweredMax = 1_024;
/** How long the air may take to answer what nobody needs the answer of, before it is no longer waited for. */
const farewellMsMax = 1_000;

/** One socket to the air: requests and their answers, and what the air says of itself. It does not outlive the socket. */
export class AirWire {
  readonly #socket: Socket;
  readonly #lines = new BoundedLines(airLineBytesMax);
  readonly #answers = new Map<number, (message: Answer | null) => void>();
  readonly #links = new Map<number, LinkListener>();
  readonly #pairings = new Map<number, (question: PairingQuestion) => void>();
  readonly #onAdvertisement: (advertisement: Advertisement) => void;
  #lastId = 0;
  #waitingValues = 0;
  /** Resolves when the socket is gone. */
  readonly gone: Promise<void>;
  #isGone = false;

  constructor(socket: Socket, onAdvertisement: (advertisement: Advertisement) => void) {
    this.#socket = socket;
    this.#onAdvertisement = onAdvertisement;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("error", () => socket.destroy());
    this.gone = new Promise((resolve) => {
      socket.once("close", () => {
        this.#end();
        resolve();
      });
    });
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /**
   * Asks the air. `take` makes something of the answer before anything that came after it is heard. Rejects with what
   * the air answers, in the codes of the GATT port, or with `whenGone` if the socket is gone before it could.
   */
  ask<T>(request: WireRequest, whenGone: "adapter-absent" | "link-lost", take: (result: AirResult) => T): Promise<T> {
    return this.#send(this.#nextId(), request, { whenGone, take });
  }

  /**
   * Asks the air to pair. `hear` takes what the method asks on the way, to be answered under the question's number. When
   * the signal is aborted, the air is told to break off, and its word on that is waited for.
   */
  async pair<T>(
    request: PairRequest,
    { hear, signal }: { readonly hear: (question: PairingQuestion) => void; readonly signal: AbortSignal },
    take: (result: AirResult) => T,
  ): Promise<T> {
    signal.throwIfAborted();
    const id = this.#nextId();
    const breakOff = (): void => void this.tell({ op: "answer", pairing: id, accept: false, passkey: null });
    this.#pairings.set(id, hear);
    signal.addEventListener("abort", breakOff, { once: true });
    try {
      return await this.#send(id, request, { whenGone: "adapter-absent", take });
    } finally {
      signal.removeEventListener("abort", breakOff);
      this.#pairings.delete(id);
    }
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  #send<T>(id: number, request: WireRequest, { whenGone, take }: Taking<T>): Promise<T> {
    const absent = (): CarepostError => gattErrors.make(whenGone, "the virtual air is gone");
    if (this.#answers.size >= unansweredMax) this.#socket.destroy();
    if (this.#isGone || this.#socket.destroyed) return Promise.reject(absent());
    return new Promise((resolve, reject) => {
      this.#answers.set(id, (answer) => {
        if (answer === null) reject(absent());
        else if (answer.ok) resolve(take(answer.result));
        else reject(refusal(answer));
      });
      this.#socket.write(`${JSON.stringify({ ...request, id })}\n`);
    });
  }

  /** Tells the air something of which no answer is needed. Resolves when it has heard, or soon. Never rejects. */
  async tell(request: WireRequest): Promise<void> {
    const heard = this.ask(request, "link-lost", () => undefined).catch(() => undefined);
    const patience = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, farewellMsMax);
      void heard.then(() => clearTimeout(timer));
    });
    await Promise.race([heard, patience]);
  }

  attach(link: number, listener: LinkListener): void {
    this.#links.set(link, listener);
  }

  detach(link: number): void {
    this.#links.delete(link);
  }

  /** Values that waited were taken, or will never be. */
  release(values: number): void {
    this.#waitingValues -= values;
    if (this.#waitingValues < waitingValuesMax) this.#socket.resume();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    const lines = this.#lines.push(chunk);
    for (const line of lines ?? []) {
      const message = parseAirMessage(line);
      if (message === null) return void this.#socket.destroy();
      this.#hear(message);
    }
    // Whoever breaks the protocol cannot be understood again.
    if (lines === null) this.#socket.destroy();
    else if (this.#waitingValues >= waitingValuesMax) this.#socket.pause();
  }

  #hear(message: AirMessage): void {
    if ("id" in message) {
      const settle = this.#answers.get(message.id);
      this.#answers.delete(message.id);
      settle?.(message);
    } else if (message.event === "advertisement") this.#onAdvertisement(message.advertisement);
    else if (message.event === "link-lost") this.#links.get(message.link)?.lost(message.reason);
    else if (message.event === "pairing") this.#pairings.get(message.pairing)?.(message);
    else {
      const arrival = { value: fromHex(message.hex) ?? new Uint8Array(), confirm: message.confirm };
      const waits = this.#links.get(message.link)?.value(message.handle, arrival) ?? false;
      if (waits) this.#waitingValues += 1;
    }
  }

  #end(): void {
    this.#isGone = true;
    for (const settle of this.#answers.values()) settle(null);
    this.#answers.clear();
    for (const listener of this.#links.values()) listener.lost("the virtual air is gone");
  }
}

type Answer = Extract<AirMessage, { readonly id: number }>;

interface Taking<T> {
  readonly whenGone: "adapter-absent" | "link-lost";
  readonly take: (result: AirResult) => T;
}

/** @throws CarepostError `adapter-absent` if nobody serves an air there */
export function openAir(place: AirPlace): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = "socketPath" in place ? connect(place.socketPath) : connect({ port: place.port, host: "127.0.0.1" });
    const fail = (cause: unknown): void => {
      socket.destroy();
      reject(gattErrors.make("adapter-absent", "no virtual air answers where one was to be", { cause }));
    };
    socket.once("error", fail);
    socket.once("connect", () => {
      socket.off("error", fail);
      resolve(socket);
    });
  });
}

function refusal(answer: Extract<Answer, { readonly ok: false }>): CarepostError {
  const pairingCode = pairingCodes.find((candidate) => candidate === answer.code);
  if (pairingCode !== undefined) return pairingErrors.make(pairingCode, answer.message);
  const code = knownCodes.find((candidate) => candidate === answer.code) ?? "misuse";
  const context = answer.attError === undefined ? {} : { attError: answer.attError };
  return gattErrors.make(code, answer.message, { context });
}

const pairingCodes = [
  "pairing-refused",
  "pairing-wrong-passkey",
  "pairing-timeout",
  "pairing-window-closed",
  "pairing-unsupported",
] as const satisfies readonly (keyof typeof pairingErrors.table)[];

const knownCodes = [
  "adapter-absent",
  "device-absent",
  "connect-refused",
  "connect-timeout",
  "link-lost",
  "link-closed",
  "bond-lost",
  "att-error",
  "operation-timeout",
  "misuse",
] as const satisfies readonly (keyof typeof gattErrors.table)[];
