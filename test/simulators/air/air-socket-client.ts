import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { AirMessage, AirRequest } from "../../../device-drivers/ports/air-protocol.ts";
import { type AirAddress } from "../../../simulators/air/air-server.ts";

type Answer = Extract<AirMessage, { id: number }>;
type AirEvent = Exclude<AirMessage, { id: number }>;
type WithoutId<T> = T extends unknown ? Omit<T, "id"> : never;

/** The plainest client of the air protocol, with a socket in plain sight to be mistreated. */
export class AirSocketClient {
  readonly socket: Socket;
  readonly events: AirEvent[] = [];
  /** Resolves when the server has hung up, or we have. */
  readonly closed: Promise<void>;
  readonly #answers = new Map<number, (answer: Answer) => void>();
  #unread = "";
  #lastId = 0;

  constructor(address: AirAddress) {
    this.socket = typeof address === "string" ? connect(address) : connect(address.port, "127.0.0.1");
    this.socket.setEncoding("utf8");
    this.socket.on("data", (text: string) => this.#read(text));
    this.socket.on("error", () => undefined);
    this.closed = new Promise((resolve) => {
      this.socket.on("close", () => resolve());
    });
  }

  ask(request: WithoutId<AirRequest>): Promise<Answer> {
    this.#lastId += 1;
    const id = this.#lastId;
    this.socket.write(`${JSON.stringify({ id, ...request })}\n`);
    return new Promise((resolve) => {
      this.#answers.set(id, resolve);
    });
  }

  /** Connects to a device and returns the link's id. */
  async link(address: string): Promise<number> {
    const answer = await this.ask({ op: "connect", address });
    if (!answer.ok || answer.result.type !== "link") throw new Error(`no link: ${JSON.stringify(answer)}`);
    return answer.result.link;
  }

  /** The first event of this kind, from the `after`th event on; it is waited for. */
  async next<E extends AirEvent["event"]>(kind: E, after = 0): Promise<Extract<AirEvent, { event: E }>> {
    const isIt = (event: AirEvent): event is Extract<AirEvent, { event: E }> => event.event === kind;
    for (;;) {
      const found = this.events.slice(after).find(isIt);
      if (found !== undefined) return found;
      await once(this.socket, "data");
    }
  }

  #read(text: string): void {
    const lines = (this.#unread + text).split("\n");
    this.#unread = lines.pop() ?? "";
    for (const line of lines) {
      const message: AirMessage = JSON.parse(line);
      if ("event" in message) this.events.push(message);
      else this.#answers.get(message.id)?.(message);
    }
  }
}
