import { EventEmitter, once } from "node:events";
import { type MessageBus, Message, sessionBus, Variant } from "dbus-next";
import { createBluetooth } from "node-ble";
import { expect, onTestFinished, test, vi } from "vitest";
import { busDaemon } from "../../gateway/radio/bluez/bluez-bus.ts";
import { connectThroughNodeBle } from "../../gateway/radio/bluez/dbus-connection.ts";
import { type PrivateBus, startPrivateBus } from "../doubles/private-bus.ts";

/**
 * What gateway/radio/bluez relies on in node-ble and dbus-next, and the defects that it works around. A test of a defect
 * that fails is good news: then the workaround, which its name tells, may go.
 */

async function startBus(): Promise<PrivateBus> {
  const place = await startPrivateBus();
  onTestFinished(() => place.stop());
  return place;
}

async function connected(place: PrivateBus): Promise<MessageBus> {
  const bus = sessionBus({ busAddress: place.address });
  bus.on("error", () => undefined);
  await once(bus, "connect");
  onTestFinished(() => bus.disconnect());
  return bus;
}

const toDaemon = (member: string, ...body: readonly unknown[]): Message =>
  new Message({ ...busDaemon, member, signature: "s".repeat(body.length), body: [...body] });

/** Member names of the calls to the message bus itself. */
function callsToDaemon(bus: MessageBus): string[] {
  const members: string[] = [];
  const connection: unknown = Reflect.get(bus, "_connection");
  if (!(connection instanceof EventEmitter)) throw new TypeError("dbus-next keeps no connection");
  const send: unknown = Reflect.get(connection, "message");
  if (typeof send !== "function") throw new TypeError("dbus-next's connection sends nothing");
  Reflect.set(connection, "message", (message: Message) => {
    if (message.destination === busDaemon.destination) members.push(message.member);
    Reflect.apply(send, connection, [message]);
  });
  return members;
}

test("relied on: node-ble connects to the bus that the environment names, and shows its dbus-next connection", async () => {
  const place = await startBus();
  const bus: unknown = Reflect.get(await openNodeBle(place), "dbus");
  expect(bus).toBeInstanceOf(EventEmitter);
  expect(bus).toHaveProperty("_connection.stream");
});

test("relied on: messages are those of the one copy of dbus-next, with replies by number and octets as Buffers", async () => {
  const { bus, stream } = connectThroughNodeBle((await startBus()).address);
  onTestFinished(() => void stream.destroy());
  const messages: Message[] = [];
  bus.on("error", () => undefined);
  bus.on("message", (message) => messages.push(message));
  await once(bus, "connect");
  const serial = bus.newSerial();
  bus.send(Object.assign(toDaemon("GetId"), { serial }));
  await expect.poll(() => messages.some(({ replySerial }) => Number(replySerial) === serial)).toBe(true);
  const reply = messages.find(({ replySerial }) => Number(replySerial) === serial);
  expect(reply).toBeInstanceOf(Message);
  expect(reply?.replySerial).toBeTypeOf("number");
});

test("relied on: a dictionary arrives as an object of Variants, and octets as a Buffer", async () => {
  const place = await startBus();
  const [client, service] = [await connected(place), await connected(place)];
  service.addMethodHandler((message: Message) => {
    if (message.member !== "Give") return false;
    const body = [{ octets: new Variant("ay", Buffer.of(1, 2)), number: new Variant("q", 3) }];
    service.send(Message.newMethodReturn(message, "a{sv}", body));
    return true;
  });
  await service.requestName("org.example.Giver", 0);
  const request = { destination: "org.example.Giver", path: "/", interface: "org.example.Giver", member: "Give" };
  const reply = await client.call(new Message(request));
  const given: unknown = reply?.body[0];
  expect(given).toEqual({ octets: new Variant("ay", Buffer.of(1, 2)), number: new Variant("q", 3) });
});

test("relied on: the socket's close is the end of the connection", async () => {
  const place = await startBus();
  const { bus, stream } = connectThroughNodeBle(place.address);
  bus.on("error", () => undefined);
  await once(bus, "connect");
  const closed = once(stream, "close");
  await place.stop();
  await expect(closed).resolves.toBeDefined();
});

test("defect: dbus-next tells nobody that a connection has ended, and leaves its calls open (our own bus ends them)", async () => {
  const place = await startBus();
  const [client, service] = [await connected(place), await connected(place)];
  service.addMethodHandler(() => true);
  await service.requestName("org.example.Mute", 0);
  const told: string[] = [];
  const listen = (event: string): unknown => EventEmitter.prototype.on.call(client, event, () => told.push(event));
  for (const event of ["end", "close", "disconnect", "error"]) listen(event);
  const outcome = vi.fn<() => void>();
  const request = { destination: "org.example.Mute", path: "/", interface: "org.example.Mute", member: "Any" };
  client.call(new Message(request)).then(outcome, outcome);
  await client.call(toDaemon("GetId"));
  const stream: unknown = Reflect.get(Object(Reflect.get(client, "_connection")), "stream");
  if (!(stream instanceof EventEmitter)) throw new TypeError("dbus-next's connection has no socket");
  const closed = once(stream, "close");
  await place.stop();
  await closed;
  expect(told).toEqual([]);
  expect(outcome).not.toHaveBeenCalled();
});

test("defect: dbus-next adds a match rule again each time, and removes none (our own bus has two, for its life)", async () => {
  const place = await startBus();
  const [client, service] = [await connected(place), await connected(place)];
  await service.requestName("org.bluez", 0);
  const members = callsToDaemon(client);
  const rule = "type='signal',sender='org.bluez'";
  const [add, remove] = ["_addMatch", "_removeMatch"].map((name): unknown => Reflect.get(client, name));
  if (typeof add !== "function" || typeof remove !== "function") throw new TypeError("dbus-next has other methods");
  for (const method of [add, add, remove, remove]) await Reflect.apply(method, client, [rule]);
  expect(members).toEqual(["AddMatch", "AddMatch"]);
});

test("defect: node-ble keys services and characteristics by their UUIDs, and so loses twins (our own mirror has both)", async () => {
  const bluetooth = await openNodeBle(await startBus());
  const { default: GattService } = await importNodeBle("GattService");
  const service: unknown = Reflect.construct(GattService, [
    Reflect.get(bluetooth, "dbus"),
    "hci0",
    "dev_X",
    "service0001",
  ]);
  const helper: unknown = Reflect.get(Object(service), "helper");
  Reflect.set(Object(helper), "children", () => Promise.resolve(["char0002", "char0005"]));
  const { default: GattCharacteristic } = await importNodeBle("GattCharacteristic");
  const getUuid = vi.spyOn(GattCharacteristic.prototype, "getUUID").mockResolvedValue("2a52");
  onTestFinished(() => getUuid.mockRestore());
  await Reflect.apply(Reflect.get(Object(service), "init"), service, []);
  expect(await Reflect.apply(Reflect.get(Object(service), "characteristics"), service, [])).toEqual(["2a52"]);
});

test("defect: node-ble waits without a bound for services that were known before it listened (we watch the property)", async () => {
  const { default: BusHelper } = await importNodeBle("BusHelper");
  const properties = new EventEmitter();
  const helper: unknown = Reflect.construct(BusHelper, [{}, "org.bluez", "/org/bluez/hci0/dev_X", "org.bluez.Device1"]);
  Object.assign(Object(helper), { _ready: true, _propsProxy: properties });
  const outcome = vi.fn<() => void>();
  const change = ["org.bluez.Device1", { ServicesResolved: new Variant("b", true) }, []];
  properties.emit("PropertiesChanged", ...change);
  const waiting: unknown = Reflect.apply(Reflect.get(Object(helper), "waitPropChange"), helper, ["ServicesResolved"]);
  void Promise.resolve(waiting).then(outcome);
  await new Promise((resolve) => setImmediate(resolve));
  expect(outcome).not.toHaveBeenCalled();
  properties.emit("PropertiesChanged", ...change);
  await expect(waiting).resolves.toBe(true);
});

test("defect: node-ble's Device adds a listener at each connect (we have one for the bus)", async () => {
  const { default: Device } = await importNodeBle("Device");
  const device: unknown = Reflect.construct(Device, [{}, "hci0", "dev_X"]);
  const helper: unknown = Reflect.get(Object(device), "helper");
  if (!(helper instanceof EventEmitter)) throw new TypeError("node-ble's Device has no helper");
  Reflect.set(helper, "callMethod", () => Promise.resolve());
  for (let times = 0; times < 3; times += 1) await Reflect.apply(Reflect.get(Object(device), "connect"), device, []);
  expect(helper.listenerCount("PropertiesChanged")).toBe(3);
});

async function openNodeBle(place: PrivateBus): Promise<ReturnType<typeof createBluetooth>["bluetooth"]> {
  vi.stubEnv("DBUS_SYSTEM_BUS_ADDRESS", place.address);
  const session = createBluetooth();
  vi.unstubAllEnvs();
  const bus: unknown = Reflect.get(session.bluetooth, "dbus");
  if (!(bus instanceof EventEmitter)) throw new TypeError("node-ble has no connection");
  bus.on("error", () => undefined);
  await once(bus, "connect");
  onTestFinished(() => session.destroy());
  return session.bluetooth;
}

/** node-ble exports nothing but `createBluetooth`; its parts are one file each. */
async function importNodeBle(name: string): Promise<{ readonly default: NodeBleClass }> {
  const module: unknown = await import(`node-ble/src/${name}.js`);
  const made: unknown = Reflect.get(Object(module), "default");
  if (!isClass(made)) throw new TypeError(`node-ble has no ${name}`);
  return { default: made };
}

interface NodeBleClass {
  new (...parts: readonly unknown[]): object;
  readonly prototype: { getUUID: () => Promise<string> };
}

const isClass = (value: unknown): value is NodeBleClass => typeof value === "function";
