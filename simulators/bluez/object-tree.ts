import { fail, ok } from "../../device-drivers/kit/result.ts";
import { type Answer, dbusErrors, done } from "./bluez-answer.ts";
import { introspection } from "./introspection.ts";
import { type BusCall, type Refusal, type ServiceBus, signatureOf, variant } from "./service-bus.ts";
import { Variant } from "dbus-next";

/** An interface: its methods by the signatures of what they take and give, and its properties. */
export interface InterfaceShape {
  readonly name: string;
  readonly methods: Readonly<Record<string, readonly [takes: string, gives: string]>>;
  readonly properties: Readonly<Record<string, PropertyShape>>;
}

export interface PropertyShape {
  readonly type: string;
  readonly isWritable?: true;
}

/** An interface of one object. */
export interface ServedInterface {
  readonly shape: InterfaceShape;
  /** `undefined` where the object has not got it now. */
  value(property: string): unknown;
  set?(property: string, value: unknown): Answer | Promise<Answer>;
  call(member: string, call: BusCall): Answer | Promise<Answer>;
}

interface Node {
  readonly interfaces: Map<string, ServedInterface>;
  readonly added: Set<string>;
  /** Properties that have changed, by interface. */
  readonly changed: Map<string, Set<string>>;
}

/**
 * The objects of a daemon, published as libgdbus publishes bluetoothd's (gdbus/object.c): changes of one object between
 * two turns of the event loop become one signal, everything that has changed is told before any reply, and a property
 * that has vanished is told as invalidated.
 */
export class ObjectTree {
  readonly #bus: ServiceBus;
  readonly #nodes = new Map<string, Node>();
  readonly #dirty = new Set<string>();
  #flushing: NodeJS.Immediate | null = null;

  constructor(bus: ServiceBus) {
    this.#bus = bus;
  }

  add(path: string, served: ServedInterface): void {
    const node = this.#nodes.get(path) ?? { interfaces: new Map(), added: new Set(), changed: new Map() };
    this.#nodes.set(path, node);
    node.interfaces.set(served.shape.name, served);
    node.added.add(served.shape.name);
    this.#soil(path);
  }

  /** Takes one interface away; the object itself goes with its last one. */
  remove(path: string, name: string): void {
    const node = this.#nodes.get(path);
    const served = node?.interfaces.get(name);
    if (node === undefined || served === undefined) return;
    this.#publish(path);
    node.interfaces.delete(name);
    const isLast = node.interfaces.size === 0;
    if (isLast) this.#nodes.delete(path);
    this.#manager("InterfacesRemoved", "oas", [path, isLast ? [...standardInterfaces, name] : [name]]);
  }

  /** Takes an object away with everything below it, the deepest first. */
  removeAll(path: string): void {
    const paths = [...this.#nodes.keys()].filter((each) => each === path || each.startsWith(`${path}/`));
    for (const each of paths.toSorted(deepestFirst)) {
      const names = Array.from(this.#nodes.get(each)?.interfaces.keys() ?? []);
      for (const name of names) this.remove(each, name);
    }
  }

  changed(path: string, served: ServedInterface, property: string): void {
    if (this.#mark(path, served, property)) this.#soil(path);
  }

  /** Tells of a change at once, in a signal of its own. */
  changedNow(path: string, served: ServedInterface, property: string): void {
    const node = this.#nodes.get(path);
    if (this.#mark(path, served, property) && node !== undefined) this.#tellChanges(path, node, served.shape.name);
  }

  /** False where nobody need be told: the interface is not there, or is still to be told of as a whole. */
  #mark(path: string, { shape }: ServedInterface, property: string): boolean {
    const node = this.#nodes.get(path);
    if (node === undefined || !node.interfaces.has(shape.name) || node.added.has(shape.name)) return false;
    const properties = node.changed.get(shape.name) ?? new Set();
    node.changed.set(shape.name, properties.add(property));
    return true;
  }

  /** Tells everything that has changed. */
  flush(): void {
    if (this.#flushing !== null) clearImmediate(this.#flushing);
    this.#flushing = null;
    const paths = Array.from(this.#dirty);
    for (const path of paths) this.#publish(path);
  }

  /** Answers a call, however long that takes. */
  async serve(call: BusCall): Promise<void> {
    const answer = await this.#perform(call);
    this.flush();
    if (answer.ok) this.#bus.reply(call, answer.value.signature, answer.value.body);
    else this.#bus.refuse(call, answer.error);
  }

  #soil(path: string): void {
    this.#dirty.add(path);
    this.#flushing ??= setImmediate(() => {
      this.#flushing = null;
      this.flush();
    });
  }

  #publish(path: string): void {
    this.#dirty.delete(path);
    const node = this.#nodes.get(path);
    if (node === undefined) return;
    if (node.added.size > 0) {
      const isNew = node.added.size === node.interfaces.size;
      const interfaces = isNew
        ? describe(node, [...node.interfaces.keys()], true)
        : describe(node, [...node.added], false);
      node.added.clear();
      this.#manager("InterfacesAdded", "oa{sa{sv}}", [path, interfaces]);
    }
    const names = Array.from(node.changed.keys());
    for (const name of names) this.#tellChanges(path, node, name);
  }

  #tellChanges(path: string, node: Node, name: string): void {
    const properties = node.changed.get(name);
    const served = node.interfaces.get(name);
    node.changed.delete(name);
    if (properties === undefined || served === undefined) return;
    const present = [...properties].filter((property) => served.value(property) !== undefined);
    const gone = [...properties].filter((property) => served.value(property) === undefined);
    const body = [name, valuesOf(served, present), gone];
    this.#bus.signal({
      path,
      interface: propertiesInterface,
      member: "PropertiesChanged",
      signature: "sa{sv}as",
      body,
    });
  }

  #manager(member: string, signature: string, body: readonly unknown[]): void {
    this.#bus.signal({ path: "/", interface: managerInterface, member, signature, body });
  }

  async #perform(call: BusCall): Promise<Full> {
    const { path, member, signature, interface: name } = call;
    const standard = this.#standard(call);
    if (standard !== null) return await standard;
    const node = this.#nodes.get(path);
    if (node === undefined) return fail(dbusErrors.unknownObject(member, signature, name ?? ""));
    const candidates = [...node.interfaces.values()].filter(({ shape }) => name === null || shape.name === name);
    const served = candidates.find(({ shape }) => shape.methods[member]?.[0] === signature);
    if (served === undefined) return fail(dbusErrors.unknownMethod(member, signature, name ?? ""));
    const answer = await served.call(member, call);
    return answer.ok ? ok({ signature: served.shape.methods[member]?.[1] ?? "", body: answer.value }) : answer;
  }

  #standard(call: BusCall): Full | Promise<Full> | null {
    const { path, member, interface: name } = call;
    if (name === introspectableInterface && member === "Introspect") {
      return ok({ signature: "s", body: [introspection(this.#shapesAt(path), this.#childrenOf(path))] });
    }
    if (name === managerInterface && member === "GetManagedObjects" && path === "/") {
      this.flush();
      const objects = [...this.#nodes].map(([each, node]) => [each, describe(node, [...node.interfaces.keys()], true)]);
      return ok({ signature: "a{oa{sa{sv}}}", body: [Object.fromEntries(objects)] });
    }
    if (name === "org.freedesktop.DBus.Peer" && member === "Ping") return ok({ signature: "", body: [] });
    const node = this.#nodes.get(path);
    return name === propertiesInterface && node !== undefined ? this.#property(call, node) : null;
  }

  #property({ member, body, signature }: BusCall, node: Node): Full | Promise<Full> | null {
    const [name, property, value] = body;
    const wanted = { Get: "ss", Set: "ssv", GetAll: "s" }[member];
    if (wanted !== signature || typeof name !== "string") return null;
    const served = node.interfaces.get(name);
    if (served === undefined) return fail(dbusErrors.noSuchInterface(name));
    if (member === "GetAll")
      return ok({ signature: "a{sv}", body: [valuesOf(served, Object.keys(served.shape.properties))] });
    if (typeof property !== "string") return null;
    return member === "Get" ? get(served, property) : set(served, property, value);
  }

  #shapesAt(path: string): readonly InterfaceShape[] {
    return Array.from(this.#nodes.get(path)?.interfaces.values() ?? [], ({ shape }) => shape);
  }

  #childrenOf(path: string): readonly string[] {
    const prefix = path === "/" ? "/" : `${path}/`;
    const below = [...this.#nodes.keys()].filter((each) => each.startsWith(prefix));
    return [...new Set(below.map((each) => each.slice(prefix.length).split("/")[0] ?? ""))].filter(
      (name) => name !== "",
    );
  }
}

type Full =
  | { readonly ok: true; readonly value: { readonly signature: string; readonly body: readonly unknown[] } }
  | { readonly ok: false; readonly error: Refusal };

function get(served: ServedInterface, property: string): Full {
  const value = served.value(property);
  if (value === undefined) return fail(dbusErrors.noSuchProperty(property));
  return ok({ signature: "v", body: [variant(served.shape.properties[property]?.type ?? "s", value)] });
}

async function set(served: ServedInterface, property: string, value: unknown): Promise<Full> {
  const shape = served.shape.properties[property];
  if (shape === undefined) return fail(dbusErrors.unknownProperty(property));
  if (shape.isWritable !== true) return fail(dbusErrors.readOnly(property));
  if (signatureOf(value) !== shape.type) return fail(dbusErrors.invalidSignature(property));
  const inner = value instanceof Variant ? value.value : null;
  const answer = (await served.set?.(property, inner)) ?? done;
  return answer.ok ? ok({ signature: "", body: [] }) : answer;
}

const describe = (node: Node, names: readonly string[], withStandard: boolean): Record<string, unknown> => ({
  ...(withStandard ? Object.fromEntries(standardInterfaces.map((name) => [name, {}])) : {}),
  ...Object.fromEntries(
    names.flatMap((name) => {
      const served = node.interfaces.get(name);
      return served === undefined ? [] : [[name, valuesOf(served, Object.keys(served.shape.properties))]];
    }),
  ),
});

function valuesOf(served: ServedInterface, properties: readonly string[]): Record<string, Variant> {
  return Object.fromEntries(
    properties.flatMap((property) => {
      const present = served.value(property);
      return present === undefined
        ? []
        : [[property, variant(served.shape.properties[property]?.type ?? "s", present)]];
    }),
  );
}

const deepestFirst = (one: string, other: string): number =>
  one.startsWith(`${other}/`) ? -1 : other.startsWith(`${one}/`) ? 1 : 0;

const propertiesInterface = "org.freedesktop.DBus.Properties";
const introspectableInterface = "org.freedesktop.DBus.Introspectable";
const managerInterface = "org.freedesktop.DBus.ObjectManager";
const standardInterfaces = [introspectableInterface, propertiesInterface];
