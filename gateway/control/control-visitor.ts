import type { Socket } from "node:net";
import { BoundedLines } from "../radio/bounded-lines.ts";
import { pairedSubject } from "../care/write-audit.ts";
import type { Forgotten } from "../pairing/forget-device.ts";
import type { PairingDesk } from "../pairing/pairing-desk.ts";
import type { PairedDevice, PairingChoice, PairingWindow } from "../pairing/pairing-window.ts";
import { pairingErrors } from "../radio/pairing-error.ts";
import type { AuditAction, DeedOutcome, NewAuditEntry } from "../store/store.ts";
import { failureOf } from "./control-failure.ts";
import {
  controlLineBytesMax,
  type ControlMessage,
  controlRequest,
  type ControlRequest,
  type ControlResult,
  controlVersion,
  parseControl,
} from "./control-protocol.ts";
import { WireDialogue } from "./wire-dialogue.ts";

/** What a visitor may ask of the gateway. */
export interface ControlServices {
  readonly desk: PairingDesk;
  /** Forgets a device, with its key. */
  readonly forget: (deviceId: string) => Promise<Forgotten>;
  /** Ends all that a person agreed to. */
  readonly withdraw: (person: string) => Promise<DeedOutcome>;
  /** Writes into the audit log what a command did. */
  readonly note: (action: AuditAction, subject: NewAuditEntry["subject"]) => Promise<void>;
  readonly state: () => Omit<Extract<ControlResult, { readonly type: "state" }>, "type">;
}

const pendingRequestsMax = 16;
const unreadBytesMax = 1_048_576;

type Without<Message> = Message extends unknown ? Omit<Message, "v"> : never;

/** One connection. When it ends, at whatever byte, so does its window. */
export class ControlVisitor {
  readonly #services: ControlServices;
  readonly #socket: Socket;
  readonly #lines = new BoundedLines(controlLineBytesMax);
  readonly #gone = new AbortController();
  readonly #dialogue: WireDialogue;
  #window: PairingWindow | null = null;
  #pending = 0;

  constructor(services: ControlServices, socket: Socket) {
    this.#services = services;
    this.#socket = socket;
    this.#dialogue = new WireDialogue({
      ask: (number, question) => this.#tell({ event: "question", number, question }),
      over: (number) => this.#tell({ event: "question-over", number }),
    });
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    // An error is followed by `close`, and is nothing more than the end of this visit.
    socket.on("error", () => undefined);
    socket.on("close", () => this.#gone.abort());
  }

  #read(chunk: Buffer): void {
    const lines = this.#lines.push(chunk);
    for (const line of lines ?? []) {
      const request = parseControl(controlRequest, line);
      // Whoever breaks the protocol cannot be told in it.
      if (request === null || this.#pending >= pendingRequestsMax) return void this.#socket.destroy();
      void this.#serve(request);
    }
    if (lines === null) this.#socket.destroy();
  }

  async #serve(request: ControlRequest): Promise<void> {
    this.#pending += 1;
    try {
      this.#tell({ id: request.id, ok: true, result: await this.#perform(request) });
    } catch (error) {
      this.#tell({ id: request.id, ok: false, failure: failureOf(error) });
    } finally {
      this.#pending -= 1;
    }
  }

  async #perform(request: ControlRequest): Promise<ControlResult> {
    switch (request.op) {
      case "state":
        return { type: "state", ...this.#services.state() };
      case "open-window":
        this.#open(request);
        return { type: "done" };
      case "pair":
        return { type: "paired", device: await this.#pair(request) };
      case "answer":
        this.#dialogue.answer(request.question, request.answer);
        return { type: "done" };
      case "close-window":
        await this.#window?.close();
        return { type: "done" };
      case "forget":
        return { type: "forgotten", ...(await this.#services.forget(request.deviceId)) };
      case "withdraw": {
        const { withdrawn, removed } = await this.#services.withdraw(request.person);
        return { type: "withdrawn", consents: withdrawn, removed };
      }
      case "note-export":
        await this.#services.note(request.action, request.subject);
        return { type: "done" };
      default:
        return request satisfies never;
    }
  }

  #open({ durationMs, rssiFloorDbm, io }: Extract<ControlRequest, { readonly op: "open-window" }>): void {
    const window = this.#services.desk.open({ durationMs, rssiFloorDbm, io }, this.#dialogue, this.#gone.signal);
    this.#window = window;
    void this.#follow(window);
  }

  async #pair(choice: PairingChoice): Promise<PairedDevice> {
    const device = await this.#requireWindow().pair(choice);
    await this.#services.note("device-paired", pairedSubject(device));
    return device;
  }

  async #follow(window: PairingWindow): Promise<void> {
    for await (const candidates of window.candidates(this.#gone.signal)) {
      this.#tell({ event: "candidates", candidates });
    }
    if (window.closed.aborted) this.#tell({ event: "window-closed", failure: failureOf(window.closed.reason) });
  }

  #requireWindow(): PairingWindow {
    if (this.#window !== null) return this.#window;
    throw pairingErrors.make("pairing-window-closed", "this connection has opened no pairing window");
  }

  #tell(message: Without<ControlMessage>): void {
    if (!this.#socket.writable) return;
    if (this.#socket.writableLength > unreadBytesMax) this.#socket.destroy();
    else this.#socket.write(`${JSON.stringify({ v: controlVersion, ...message })}\n`);
  }
}
