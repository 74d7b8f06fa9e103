import { Message, MessageFlag, type MessageLike, MessageType } from "dbus-next";
import {
  connectThroughNodeBle,
  type DBusConnection,
  type DBusMessage,
  isDBusMessage,
  plain,
  wireBody,
} from "./dbus-connection.ts";
import { DBusFailure, dbusErrors } from "./dbus-failure.ts";

/**
 * A connection to the message bus on which bluetoothd is. It has the same two match rules from its start to its end,
 * every call on it ends, and nothing that was asked through it is kept once it was answered.
 */
export interface BluezBus {
  /**
   * Calls a method and resolves with the reply's body, its variants opened; wrap what goes into a `v` in `variant`.
   * Never starts a service that is not running.
   * Rejects with a `DBusFailure`, or with the signal's reason; the call itself cannot be taken back.
   */
  call(request: BusCall, signal: AbortSignal): Promise<readonly unknown[]>;
  /** Tells of every signal of bluetoothd, and of changes of its owner, in order. Returns what ends it. */
  onSignal(hear: (signal: BusSignal) => void): () => void;
  /** Answers calls to an interface at `path`, until the function that it returns is called. */
  serve(path: string, interfaceName: string, methods: ServedMethods): () => void;
  /** Aborted with a `DBusFailure` when the connection has ended. */
  readonly ended: AbortSignal;
  /** Idempotent; never rejects. */
  close(): Promise<void>;
}

export interface BusCall {
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  /** Of the body, as D-Bus writes it. */
  readonly signature?: string;
  readonly body?: readonly unknown[];
  /** `org.bluez` unless told otherwise. */
  readonly destination?: string;
  /** When it fails with NoReply. */
  readonly timeoutMs?: number;
  /** Is shown the reply's body before any signal that came after it is heard. */
  readonly take?: (body: readonly unknown[]) => void;
}

export interface BusSignal {
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly body: readonly unknown[];
  /** The unique name of whoever sent it. */
  readonly sender: string;
}

export type ServedMethods = Readonly<Record<string, ServedMethod>>;

export interface ServedMethod {
  /** The signature of the reply's body; empty for none. */
  readonly reply: string;
  /** Resolves with the reply's body. A rejection with a `DBusFailure` is answered by its name. */
  readonly run: (body: readonly unknown[], sender: string) => Promise<readonly unknown[]>;
}

/** As the reference library has it. A call that may take longer says so. */
const callTimeoutMs = 25_000;
const openTimeoutMs = 5_000;
const closeTimeoutMs = 1_000;

const matchRules = [
  "type='signal',sender='org.bluez'",
  "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='org.bluez'",
] as const;

export const busDaemon = {
  destination: "org.freedesktop.DBus",
  path: "/org/freedesktop/DBus",
  interface: "org.freedesktop.DBus",
} as const;

/**
 * `address` as in the D-Bus specification, "Server Addresses"; else DBUS_SYSTEM_BUS_ADDRESS; else the system bus.
 * Rejects with a `DBusFailure`.
 */
export async function openBluezBus(place: { readonly address?: string } = {}): Promise<BluezBus> {
  const bus = new Bus(connectThroughNodeBle(place.address));
  try {
    await bus.connected();
    for (const rule of matchRules)
      await bus.call({ ...busDaemon, member: "AddMatch", signature: "s", body: [rule] }, bus.ended);
    return bus;
  } catch (error) {
    await bus.close();
    throw error;
  }
}

type Settle = (outcome: DBusMessage | DBusFailure) => void;

class Bus implements BluezBus {
  readonly #connection: DBusConnection;
  readonly #end = new AbortController();
  readonly #pending = new Map<number, Settle>();
  readonly #listeners = new Set<(signal: BusSignal) => void>();
  readonly #served = new Map<string, ServedMethods>();
  #failure: unknown = null;
  #closing: Promise<void> | null = null;

  constructor(connection: DBusConnection) {
    this.#connection = connection;
    const { bus, stream } = connection;
    bus.on("error", (error: unknown) => {
      this.#failure = error;
    });
    bus.on("message", (message: unknown) => {
      if (isDBusMessage(message)) this.#hear(message);
    });
    bus.addMethodHandler((message: unknown) => isDBusMessage(message) && this.#answer(message));
    stream.once("close", () => this.#ended());
  }

  get ended(): AbortSignal {
    return this.#end.signal;
  }

  /** Resolves when the message bus has given the connection its name. */
  connected(): Promise<void> {
    const { bus } = this.#connection;
    return new Promise((resolve, reject) => {
      const done = (error: unknown): void => {
        clearTimeout(timer);
        bus.off("error", done);
        this.ended.removeEventListener("abort", cut);
        if (error === null) resolve();
        else reject(new DBusFailure(dbusErrors.noServer, "the message bus cannot be reached", { cause: error }));
      };
      const cut = (): void => done(this.ended.reason);
      const timer = setTimeout(() => done("no answer in time"), openTimeoutMs);
      bus.once("connect", () => done(null));
      bus.once("error", done);
      this.ended.addEventListener("abort", cut);
    });
  }

  call(request: BusCall, signal: AbortSignal): Promise<readonly unknown[]> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      if (this.ended.aborted) return reject(this.ended.reason);
      const serial = this.#connection.bus.newSerial();
      const done = (outcome: () => void): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", abort);
        this.#pending.delete(serial);
        outcome();
      };
      const abort = (): void => done(() => reject(signal.reason));
      const late = (): void => done(() => reject(new DBusFailure(dbusErrors.noReply, `${request.member}: no reply`)));
      const timer = setTimeout(late, request.timeoutMs ?? callTimeoutMs);
      signal.addEventListener("abort", abort, { once: true });
      this.#pending.set(serial, (outcome) =>
        done(() => {
          if (outcome instanceof DBusFailure) reject(outcome);
          else if (outcome.errorName === undefined) {
            const body = outcome.body.map(plain);
            aloud(() => request.take?.(body));
            resolve(body);
          } else reject(new DBusFailure(outcome.errorName, text(outcome.body[0])));
        }),
      );
      try {
        this.#connection.bus.send(new Message({ ...callMessage(request), serial }));
      } catch (cause) {
        done(() => reject(new DBusFailure(dbusErrors.failed, `${request.member}: cannot be sent`, { cause })));
      }
    });
  }

  onSignal(hear: (signal: BusSignal) => void): () => void {
    this.#listeners.add(hear);
    return () => void this.#listeners.delete(hear);
  }

  serve(path: string, interfaceName: string, methods: ServedMethods): () => void {
    const key = servedKey(path, interfaceName);
    this.#served.set(key, methods);
    return () => {
      if (this.#served.get(key) === methods) this.#served.delete(key);
    };
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      if (this.ended.aborted) return resolve();
      const { bus, stream } = this.#connection;
      const timer = setTimeout(() => stream.destroy(), closeTimeoutMs);
      this.ended.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      });
      bus.disconnect();
    });
    return this.#closing;
  }

  #hear(message: DBusMessage): void {
    const { type, path, interface: interfaceName, member, sender } = message;
    if (type === MessageType.METHOD_RETURN || type === MessageType.ERROR) {
      this.#pending.get(message.replySerial ?? -1)?.(message);
    } else if (type === MessageType.SIGNAL) {
      const signal = { path, interface: interfaceName, member, sender, body: message.body.map(plain) };
      for (const hear of this.#listeners) aloud(() => hear(signal));
    }
  }

  /** Returns whether the call was for something that is served here. */
  #answer(call: DBusMessage): boolean {
    const methods = this.#served.get(servedKey(call.path, call.interface));
    if (methods === undefined) return false;
    const method = Object.hasOwn(methods, call.member) ? methods[call.member] : undefined;
    void this.#serve(call, method);
    return true;
  }

  async #serve(call: DBusMessage, method: ServedMethod | undefined): Promise<void> {
    const reply = await replyTo(call, method);
    if ((call.flags & MessageFlag.NO_REPLY_EXPECTED) !== 0) return;
    const message = new Message({ ...reply, replySerial: String(call.serial), destination: call.sender });
    // Its declarations want a string, its marshaller a number.
    Reflect.set(message, "replySerial", call.serial);
    // A connection that is ending would throw, and nobody waits for the reply.
    if (!this.ended.aborted && this.#connection.stream.writable) this.#connection.bus.send(message);
  }

  #ended(): void {
    const failure = new DBusFailure(dbusErrors.disconnected, "the connection to the message bus has ended", {
      cause: this.#failure,
    });
    for (const settle of this.#pending.values()) settle(failure);
    this.#end.abort(failure);
    this.#listeners.clear();
    this.#served.clear();
  }
}

const callMessage = (request: BusCall): MessageLike => ({
  type: MessageType.METHOD_CALL,
  destination: request.destination ?? "org.bluez",
  path: request.path,
  interface: request.interface,
  member: request.member,
  signature: request.signature ?? "",
  body: wireBody(request.body ?? []),
  // A bluetoothd that was stopped on purpose must not be started by a gateway that looks for it.
  flags: MessageFlag.NO_AUTO_START,
});

async function replyTo(call: DBusMessage, method: ServedMethod | undefined): Promise<MessageLike> {
  try {
    if (method === undefined) throw new DBusFailure(dbusErrors.unknownMethod, `there is no method ${call.member}`);
    const body = wireBody(await method.run(call.body.map(plain), call.sender));
    return { type: MessageType.METHOD_RETURN, signature: method.reply, body };
  } catch (error) {
    const { name, message } = error instanceof DBusFailure ? error : { name: dbusErrors.failed, message: "failed" };
    return { type: MessageType.ERROR, errorName: name, signature: "s", body: [message] };
  }
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

const servedKey = (path: string, interfaceName: string): string => `${interfaceName} ${path}`;

/** dbus-next would answer a listener's exception to the sender, as if a signal were a call, and say nothing here. */
function aloud(work: () => void): void {
  try {
    work();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
