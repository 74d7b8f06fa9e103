import type { Clock } from "../../../device-drivers/ports/clock.ts";
import type { HciTransport } from "../hci-transport.ts";
import { type AclPacket, decodeAcl } from "../acl-packet.ts";
import { decodeEvent, encodeCommand, type HciEvent } from "./hci-packet.ts";

export interface HciHostPorts {
  readonly transport: HciTransport;
  readonly clock: Clock;
  /** Events other than the answers to commands. */
  readonly hear: (event: Exclude<HciEvent, { readonly type: "answered" }>) => void;
  readonly data: (packet: AclPacket) => void;
}

/** A controller that has not answered a command by then will not. */
const commandTimeoutMs = 2_000;

interface Command {
  readonly opcode: number;
  readonly parameters: Uint8Array;
  readonly answer: (returned: Uint8Array | null) => void;
}

/** A host's side of the HCI: commands go one at a time (Core Vol 4 Part E 4.4). */
export class HciHost {
  readonly #ports: HciHostPorts;
  readonly #waiting: Command[] = [];
  #current: { readonly command: Command; readonly answered: AbortController } | null = null;

  constructor(ports: HciHostPorts) {
    this.#ports = ports;
    ports.transport.receive((packet) => this.#receive(packet));
    ports.transport.ended.addEventListener("abort", () => this.#abandon(), { once: true });
  }

  /** Resolves with what the controller returns, after a status of zero; with null if it refuses or does not answer. */
  command(opcode: number, parameters: Uint8Array = new Uint8Array(0)): Promise<Uint8Array | null> {
    if (this.#ports.transport.ended.aborted) return Promise.resolve(null);
    return new Promise((answer) => {
      this.#waiting.push({ opcode, parameters, answer });
      this.#next();
    });
  }

  send(packet: Uint8Array): void {
    this.#ports.transport.send(packet);
  }

  #next(): void {
    if (this.#current !== null) return;
    const command = this.#waiting.shift();
    if (command === undefined) return;
    const answered = new AbortController();
    this.#current = { command, answered };
    this.#ports.clock.sleep(commandTimeoutMs, answered.signal).then(
      () => this.#answered(null),
      () => undefined,
    );
    this.send(encodeCommand(command.opcode, command.parameters));
  }

  #answered(returned: Uint8Array | null): void {
    const current = this.#current;
    if (current === null) return;
    this.#current = null;
    current.answered.abort();
    current.command.answer(returned);
    this.#next();
  }

  #receive(packet: Uint8Array): void {
    const data = decodeAcl(packet);
    if (data !== null) this.#ports.data(data);
    const event = decodeEvent(packet);
    if (event === null) return;
    if (event.type !== "answered") this.#ports.hear(event);
    else if (event.opcode === this.#current?.command.opcode) {
      this.#answered(event.returned[0] === 0 ? event.returned.slice(1) : null);
    }
  }

  #abandon(): void {
    for (const { answer } of this.#waiting.splice(0)) answer(null);
    this.#answered(null);
  }
}
