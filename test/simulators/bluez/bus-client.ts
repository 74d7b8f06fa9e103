import { once } from "node:events";
import { Message, type MessageBus, MessageType, sessionBus, Variant } from "dbus-next";

/** What an agent of a test answers, by the method that is called. `null` never answers. */
export type AgentAnswers = Readonly<Record<string, (...body: readonly unknown[]) => readonly unknown[] | null>>;

/** "PATH INTERFACE", the method, the signature of its body, and the body. */
type Call = readonly [target: string, member: string, signature?: string, ...body: readonly unknown[]];

/**
 * A client of org.bluez in bare messages. It notes every signal of the daemon, every reply to its own calls and every
 * call to its agent, in the order of their arrival.
 */
export class BusClient {
  /** For example "signal dev_C0 Device1 Connected=true", "reply Connect", "error Connect Failed: …". */
  readonly story: string[] = [];
  readonly name: string;
  answers: AgentAnswers = {};
  readonly #bus: MessageBus;
  readonly #called = new Map<unknown, string>();
  #wake: (() => void)[] = [];

  static async open(address: string): Promise<BusClient> {
    const bus = sessionBus({ busAddress: address });
    await once(bus, "connect");
    await bus.call(toDaemon("AddMatch", ["type='signal',sender='org.bluez'"]));
    await bus.call(toDaemon("AddMatch", ["type='signal',member='NameOwnerChanged',arg0='org.bluez'"]));
    return new BusClient(bus);
  }

  private constructor(bus: MessageBus) {
    this.#bus = bus;
    this.name = String(Reflect.get(bus, "name"));
    bus.on("error", () => undefined);
    bus.on("message", (message) => this.#hear(message));
    bus.addMethodHandler(() => true);
  }

  /** Resolves with the reply's body, variants opened. Rejects with an error whose message is "Name: text". */
  async call(...[target, member, signature = "", ...body]: Call): Promise<readonly unknown[]> {
    const [path = "", iface = ""] = target.split(" ");
    const message = new Message({
      destination: "org.bluez",
      path,
      interface: iface,
      member,
      signature,
      body: [...body],
    });
    const replied = this.#bus.call(message);
    this.#called.set(message.serial, member);
    try {
      return plainList((await replied)?.body ?? []);
    } catch (error) {
      const { type, text } = errorIn(error);
      throw new Error(errorText(type, text), { cause: error });
    }
  }

  /** The same, where the failure is what is asked for; "done" if there is none. */
  async failure(...call: Call): Promise<string> {
    return await this.call(...call).then(
      () => "done",
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
  }

  async get(path: string, iface: string, property: string): Promise<unknown> {
    const target = `${path} org.freedesktop.DBus.Properties`;
    return (await this.call(target, "Get", "ss", `org.bluez.${iface}`, property))[0];
  }

  /** Sets a property of the object's Adapter1. */
  async setAdapter(path: string, property: string, value: Variant): Promise<string> {
    const target = `${path} org.freedesktop.DBus.Properties`;
    return await this.failure(target, "Set", "ssv", "org.bluez.Adapter1", property, value);
  }

  async objects(): Promise<Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>> {
    const [objects] = await this.call("/ org.freedesktop.DBus.ObjectManager", "GetManagedObjects");
    return Object(objects);
  }

  /** Resolves when the story holds a line that matches, at or after `from`; with its place. */
  async until(pattern: RegExp, from = 0): Promise<number> {
    for (;;) {
      const place = this.story.findIndex((line, index) => index >= from && pattern.test(line));
      if (place !== -1) return place;
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  /** The lines since a place, without the replies to what a test asks to see. */
  since(from: number): readonly string[] {
    return this.story.slice(from).filter((line) => !/^reply (?:Get|GetManagedObjects|GetAll)$/.test(line));
  }

  close(): void {
    this.#bus.disconnect();
  }

  #note(line: string): void {
    this.story.push(line);
    for (const wake of this.#wake.splice(0)) wake();
  }

  #hear(message: Message): void {
    if (message.type === MessageType.SIGNAL) this.#noteSignal(message);
    // Here and not where the call ends, which is later than the signals that came with the reply.
    const member = this.#called.get(message.replySerial);
    if (message.type === MessageType.METHOD_RETURN && member !== undefined) this.#note(`reply ${member}`);
    if (message.type === MessageType.ERROR && member !== undefined) {
      this.#note(`error ${member} ${errorText(message.errorName, String(message.body[0]))}`);
    }
    if (message.type !== MessageType.METHOD_CALL) return;
    this.#note(`agent ${message.member} ${message.body.slice(1).join(" ")}`.trim());
    const answer = this.answers[message.member] ?? (() => []);
    try {
      const body = answer(...message.body);
      const signature = { RequestPasskey: "u", RequestPinCode: "s" }[message.member] ?? "";
      if (body !== null) this.#bus.send(Message.newMethodReturn(message, signature, [...body]));
    } catch {
      const refusal = Message.newMethodReturn(message, "s", ["refused"]);
      refusal.type = MessageType.ERROR;
      refusal.errorName = "org.bluez.Error.Rejected";
      this.#bus.send(refusal);
    }
  }

  #noteSignal({ path, member, body }: Message): void {
    const [first, second, third] = plainList(body);
    const short = (text: unknown): string => String(text).split("/").slice(-2).join("/");
    if (member === "PropertiesChanged") {
      const changes = Object.entries(Object(second)).map(([name, value]) => `${name}=${valueText(value)}`);
      const gone = Array.isArray(third) ? third.map((name) => `-${name}`) : [];
      this.#note(`signal ${short(path)} ${short(String(first).split(".").pop())} ${[...changes, ...gone].join(" ")}`);
    }
    if (member === "InterfacesAdded")
      this.#note(`added ${short(first)} ${interfacesText(Object.keys(Object(second)))}`);
    if (member === "InterfacesRemoved") this.#note(`removed ${short(first)} ${interfacesText(second)}`);
    if (member === "NameOwnerChanged" && first === "org.bluez")
      this.#note(third === "" ? "daemon gone" : "daemon there");
  }
}

const errorText = (name: string, text: string): string =>
  `${name.replace(/^org\.(?:bluez|freedesktop\.DBus)\.Error\./, "")}: ${text.trim()}`;

const errorIn = (error: unknown): { readonly type: string; readonly text: string } => ({
  type: String(Reflect.get(Object(error), "type")),
  text: String(Reflect.get(Object(error), "text")),
});

const toDaemon = (member: string, body: readonly unknown[]): Message =>
  new Message({
    destination: "org.freedesktop.DBus",
    path: "/org/freedesktop/DBus",
    interface: "org.freedesktop.DBus",
    member,
    signature: "s",
    body: [...body],
  });

const valueText = (value: unknown): string =>
  value instanceof Uint8Array ? Buffer.from(value).toString("hex") : String(value);

const interfacesText = (names: unknown): string =>
  (Array.isArray(names) ? names : [])
    .map(String)
    .filter((name) => name.startsWith("org.bluez."))
    .map((name) => name.slice("org.bluez.".length))
    .join(" ");

const plainList = (values: readonly unknown[]): readonly unknown[] => values.map(plain);

function plain(value: unknown): unknown {
  if (value instanceof Variant) return plain(value.value);
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
