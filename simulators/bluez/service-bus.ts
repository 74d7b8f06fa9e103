import { Message, type MessageBus, MessageFlag, MessageType, sessionBus, Variant } from "dbus-next";
import { once } from "node:events";
import { simulatorErrors } from "../simulator-error.ts";

/** A method call that came over the bus. */
export interface BusCall {
  /** What the reply is sent with. */
  readonly message: Message;
  /** The caller's unique name: agents, discovery sessions and notify sessions are each caller's own. */
  readonly sender: string;
  readonly path: string;
  /** Null where the caller named none, which D-Bus allows. */
  readonly interface: string | null;
  readonly member: string;
  readonly signature: string;
  readonly body: readonly unknown[];
}

export interface BusSignal {
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly signature: string;
  readonly body: readonly unknown[];
}

export interface ClientRequest extends BusSignal {
  /** The unique name of the client that is called. */
  readonly client: string;
}

export interface Refusal {
  readonly name: string;
  readonly message: string;
}

export interface BusListener {
  called(call: BusCall): void;
  /** A client has left the bus. */
  left(client: string): void;
}

/**
 * The bus as a daemon sees it: messages. dbus-next's own service layer hides who called and replies when it likes, and
 * bluetoothd's behaviour is a matter of both.
 */
export interface ServiceBus {
  signal(signal: BusSignal): void;
  reply(call: BusCall, signature: string, body: readonly unknown[]): void;
  refuse(call: BusCall, refusal: Refusal): void;
  /** Calls a client's method. Rejects if the client answers with an error. */
  call(request: ClientRequest): Promise<readonly unknown[]>;
  /** Calls a client's method, and asks for no answer. */
  tell(request: ClientRequest): void;
  /** Leaves the bus, with everything that was owned there. Nothing is sent from then on. */
  close(): void;
}

const openMsMax = 10_000;

/** Comes onto the bus under a well-known name. Rejects with `bus-unavailable`. */
export async function openServiceBus(address: string, name: string, listener: BusListener): Promise<ServiceBus> {
  const bus = sessionBus({ busAddress: address });
  try {
    await once(bus, "connect", { signal: AbortSignal.timeout(openMsMax) });
    await bus.call(watchOfNames());
    const isOurs = (await bus.requestName(name, doNotQueue)) === primaryOwner;
    if (!isOurs) throw new RangeError(`${name} is owned by somebody else`);
  } catch (cause) {
    bus.on("error", () => undefined);
    bus.disconnect();
    throw simulatorErrors.make("bus-unavailable", `${name} cannot be served on the bus at ${address}`, { cause });
  }
  return new DBusService(bus, listener);
}

const doNotQueue = 4;
const primaryOwner = 1;

const watchOfNames = (): Message =>
  new Message({
    destination: "org.freedesktop.DBus",
    path: "/org/freedesktop/DBus",
    interface: "org.freedesktop.DBus",
    member: "AddMatch",
    signature: "s",
    body: ["type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged'"],
  });

class DBusService implements ServiceBus {
  readonly #bus: MessageBus;
  readonly #listener: BusListener;
  #isOpen = true;

  constructor(bus: MessageBus, listener: BusListener) {
    this.#bus = bus;
    this.#listener = listener;
    // A bus that has gone has taken every client with it: there is nobody left to be told.
    bus.on("error", () => this.close());
    bus.on("message", (message) => this.#hear(message));
    bus.addMethodHandler(() => true);
  }

  signal({ path, interface: iface, member, signature, body }: BusSignal): void {
    this.#send(Message.newSignal(path, iface, member, signature, [...body]));
  }

  reply({ message }: BusCall, signature: string, body: readonly unknown[]): void {
    if (wantsReply(message)) this.#send(Message.newMethodReturn(message, signature, [...body]));
  }

  refuse({ message }: BusCall, refusal: Refusal): void {
    if (!wantsReply(message)) return;
    // dbus-next declares `newError` for a text in place of the message.
    const error = Message.newMethodReturn(message, "s", [refusal.message]);
    error.type = MessageType.ERROR;
    error.errorName = refusal.name;
    this.#send(error);
  }

  async call(request: ClientRequest): Promise<readonly unknown[]> {
    if (!this.#isOpen) return await new Promise<never>(() => {});
    return (await this.#bus.call(methodCall(request)))?.body ?? [];
  }

  tell(request: ClientRequest): void {
    const message = methodCall(request);
    message.flags = MessageFlag.NO_REPLY_EXPECTED;
    this.#send(message);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#bus.disconnect();
  }

  #send(message: Message): void {
    if (this.#isOpen) this.#bus.send(message);
  }

  #hear(message: Message): void {
    if (!this.#isOpen) return;
    if (message.type === MessageType.SIGNAL && message.member === "NameOwnerChanged") {
      const [name, , owner] = message.body;
      if (typeof name === "string" && name.startsWith(":") && owner === "") this.#listener.left(name);
    }
    if (message.type !== MessageType.METHOD_CALL) return;
    const { sender, path, member, signature, body } = message;
    this.#listener.called({ message, sender, path, interface: message.interface ?? null, member, signature, body });
  }
}

const wantsReply = ({ flags }: Message): boolean => (flags & MessageFlag.NO_REPLY_EXPECTED) === 0;

const methodCall = ({ client, path, interface: iface, member, signature, body }: ClientRequest): Message =>
  new Message({ destination: client, path, interface: iface, member, signature, body: [...body] });

/** A value for a place whose signature is `v`. */
export const variant = (signature: string, value: unknown): Variant => new Variant(signature, value);

/** What is in a variant; null if it is none, or one of another signature. */
export function inVariant(value: unknown, signature: string): unknown {
  return value instanceof Variant && value.signature === signature ? value.value : null;
}

export const signatureOf = (value: unknown): string | null => (value instanceof Variant ? value.signature : null);
