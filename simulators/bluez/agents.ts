import type { PairingAnswer, PairingCentral, PairingQuestion } from "../air/air-pairing.ts";
import { type Answer, bluezErrors, done, refuse } from "./bluez-answer.ts";
import { agentManagerShape } from "./bluez-shapes.ts";
import type { ServedInterface } from "./object-tree.ts";
import type { BusCall, ServiceBus } from "./service-bus.ts";

/** An agent that a client has registered: the object that bluetoothd asks on the user's behalf. */
export interface Agent {
  readonly client: string;
  readonly path: string;
  readonly io: PairingCentral["io"];
}

/** The requests to agents. One is open at a time with each pairing. */
export interface AgentRequest {
  readonly answer: Promise<PairingAnswer>;
  /** Takes it back; the agent is told, if it has not answered yet. */
  cancel(): void;
}

/**
 * org.bluez.AgentManager1 (src/agent.c): one agent for each client, the first to come is the default one, and the one
 * that asked last to be it comes first.
 */
export class Agents implements ServedInterface {
  readonly shape = agentManagerShape;
  readonly #bus: ServiceBus;
  readonly #byClient = new Map<string, Agent>();
  readonly #whenChanged: () => void;
  /** The default agent is the first. */
  #order: readonly Agent[] = [];

  /** @param whenChanged called when there is another default agent, or none */
  constructor(bus: ServiceBus, whenChanged: () => void) {
    this.#bus = bus;
    this.#whenChanged = whenChanged;
  }

  value(): undefined {
    return undefined;
  }

  /** The agent that a client's own pairing asks: its own, or else the default one. */
  of(client: string | null): Agent | null {
    return (client === null ? undefined : this.#byClient.get(client)) ?? this.#order[0] ?? null;
  }

  call(member: string, { sender, body }: BusCall): Answer {
    const [path, capability] = body;
    const own = this.#byClient.get(sender);
    if (member === "RegisterAgent") {
      if (own !== undefined) return refuse(bluezErrors.alreadyExists);
      const io = typeof capability === "string" ? capabilities.get(capability) : undefined;
      if (io === undefined) return refuse(bluezErrors.invalidArguments);
      this.#register({ client: sender, path: String(path), io });
      return done;
    }
    if (own === undefined || own.path !== path) return refuse(bluezErrors.doesNotExist);
    if (member === "UnregisterAgent") this.#remove(own);
    else this.#reorder([own, ...this.#order.filter((agent) => agent !== own)]);
    return done;
  }

  left(client: string): void {
    const agent = this.#byClient.get(client);
    if (agent !== undefined) this.#remove(agent);
  }

  /** Puts a question of a pairing to an agent, in the words of org.bluez.Agent1. */
  ask(agent: Agent, device: string, { ask, passkey }: PairingQuestion): AgentRequest {
    const at = { client: agent.client, path: agent.path, interface: agentInterface };
    const shown = passkey ?? 0;
    if (ask === "show") {
      this.#bus.tell({ ...at, member: "DisplayPasskey", signature: "ouq", body: [device, shown, 0] });
      return { answer: Promise.resolve({ accept: true, passkey: null }), cancel: () => undefined };
    }
    const request = {
      passkey: { member: "RequestPasskey", signature: "o", body: [device] },
      confirm: { member: "RequestConfirmation", signature: "ou", body: [device, shown] },
      authorise: { member: "RequestAuthorization", signature: "o", body: [device] },
    }[ask];
    let isOpen = true;
    const answer = this.#bus.call({ ...at, ...request }).then(
      ([typed]) => ({ accept: ask !== "passkey" || typeof typed === "number", passkey: Number(typed ?? 0) }),
      () => ({ accept: false, passkey: null }),
    );
    return {
      answer: answer.finally(() => {
        isOpen = false;
      }),
      cancel: () => {
        if (isOpen) this.#bus.tell({ ...at, member: "Cancel", signature: "", body: [] });
        isOpen = false;
      },
    };
  }

  #register(agent: Agent): void {
    this.#byClient.set(agent.client, agent);
    this.#reorder([...this.#order, agent]);
  }

  #remove(agent: Agent): void {
    this.#byClient.delete(agent.client);
    this.#reorder(this.#order.filter((other) => other !== agent));
  }

  #reorder(order: readonly Agent[]): void {
    const before = this.#order[0];
    this.#order = order;
    if (order[0] !== before) this.#whenChanged();
  }
}

const agentInterface = "org.bluez.Agent1";

const capabilities = new Map<string, Agent["io"]>([
  ["", "keyboard-display"],
  ["DisplayOnly", "display-only"],
  ["DisplayYesNo", "display-yes-no"],
  ["KeyboardOnly", "keyboard-only"],
  ["NoInputNoOutput", "no-input-no-output"],
  ["KeyboardDisplay", "keyboard-display"],
]);
