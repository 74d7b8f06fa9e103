import type { CarepostError } from "../../../device-drivers/kit/carepost-error.ts";
import { gattErrors } from "../../../device-drivers/ports/gatt-error.ts";
import type {
  Advertisement,
  GattCharacteristic,
  GattLink,
  GattProperty,
  GattSubscription,
} from "../../../device-drivers/ports/gatt.ts";
import { abortable } from "../abortable.ts";
import { operationFailure } from "./bluez-failure.ts";
import { batteryLevel, type BluezCharacteristic, characteristicsOf, hiddenBatteryHandle } from "./bluez-gatt.ts";
import { bluezInterfaces } from "./bluez-names.ts";
import type { BluezObjects, ObjectChange } from "./bluez-objects.ts";
import { CallOrder } from "../call-order.ts";
import { variant } from "./dbus-connection.ts";
import { ValueIntake } from "./value-intake.ts";

export interface LinkGround {
  readonly objects: BluezObjects;
  /** The device's path. */
  readonly path: string;
  readonly address: string;
  readonly addressKind: Advertisement["addressKind"];
  readonly operationTimeoutMs: number;
  /** Notifying characteristics that an earlier link left behind when it was lost. */
  readonly inherited: readonly string[];
  /** Ends the connection, and resolves when it has ended, or has had its time. Never rejects. */
  disconnect(): Promise<void>;
  /** The link has ended. `left` are the paths of the characteristics on which notifications are still wanted. */
  ended(left: readonly string[]): void;
}

/** So many values that nobody takes are a device that floods: the link is ended, because none may be lost silently. */
const waitingValuesMax = 8_192;

/** A connection whose services are known. It is made before it can miss a value. */
export class BluezLink implements GattLink {
  readonly address: string;
  readonly addressKind: Advertisement["addressKind"];
  readonly #ground: LinkGround;
  readonly #order = new CallOrder();
  readonly #ended = new AbortController();
  readonly #values: ValueIntake;
  readonly #notifying: Set<string>;
  readonly #unwatch: () => void;
  #characteristics: ReadonlyMap<number, BluezCharacteristic> | null = null;
  #bonded = false;
  #closing: Promise<void> | null = null;
  /** The end of a connection that a refusal has ended: what comes next at the device must not be cut by it. */
  #leaving: Promise<void> = Promise.resolve();

  constructor(ground: LinkGround) {
    this.#ground = ground;
    this.address = ground.address;
    this.addressKind = ground.addressKind;
    this.#notifying = new Set(ground.inherited);
    this.#values = new ValueIntake(ground.inherited);
    this.#unwatch = ground.objects.watch((change) => this.#hear(change));
  }

  /** To be called once, when `ended` may be. */
  start(): void {
    this.#look();
  }

  get bonded(): boolean {
    return this.#bonded;
  }

  get isOpen(): boolean {
    return !this.#ended.signal.aborted;
  }

  isAt(path: string): boolean {
    return this.#ground.path === path;
  }

  /**
   * The device gives what was asked only to those whom it is paired with, and a pairing was refused just now. bluetoothd
   * leaves the question without an answer until ATT's 30 s are over, and can ask nothing else meanwhile.
   */
  refuse(): void {
    if (this.#bonded || this.#ended.signal.aborted) return;
    this.#end(gattErrors.make("bond-lost", "the device asks for a pairing, and there is none"));
    this.#leaving = this.#ground.disconnect().then(() => this.#ground.ended([]));
  }

  /** The ATT_MTU of the connection, where bluetoothd tells it (from BlueZ 5.62 on). */
  get attMtu(): number | null {
    const [first] = this.#table().values();
    const mtu = first && this.#ground.objects.get(first.path, bluezInterfaces.characteristic)?.["MTU"];
    return typeof mtu === "number" ? mtu : null;
  }

  discover(signal: AbortSignal): Promise<readonly GattCharacteristic[]> {
    return this.#operate(signal, async () => {
      await this.#ground.objects.until(() => this.#device()?.["ServicesResolved"] === true, this.#ended.signal);
      return [...this.#table().values()].map(({ characteristic }) => characteristic);
    });
  }

  async read(characteristic: GattCharacteristic, signal: AbortSignal): Promise<Uint8Array> {
    requireProperty(characteristic, ["read"]);
    return await this.#operate(signal, async () => {
      if (characteristic.handle === hiddenBatteryHandle) return this.#battery();
      const path = this.#path(characteristic);
      this.#values.beginRead(path);
      try {
        const take = ([value]: readonly unknown[]): void => this.#values.endRead(path, octets(value));
        const [value] = await this.#call(path, { member: "ReadValue", signature: "a{sv}", body: [{}], take });
        return octets(value);
      } finally {
        this.#values.endRead(path, null);
      }
    });
  }

  async write(characteristic: GattCharacteristic, value: Uint8Array, signal: AbortSignal): Promise<void> {
    requireProperty(characteristic, ["write"]);
    // As it is at the call; and `request`, because bluetoothd would choose Write Without Response where it is declared.
    const body = [Uint8Array.from(value), { type: variant("s", "request") }];
    await this.#operate(signal, async () => {
      await this.#call(this.#path(characteristic), { member: "WriteValue", signature: "aya{sv}", body });
    });
  }

  async subscribe(characteristic: GattCharacteristic, signal: AbortSignal): Promise<GattSubscription> {
    requireProperty(characteristic, ["notify", "indicate"]);
    this.#throwIfOver(signal);
    const path = this.#path(characteristic);
    if (this.#values.isTaken(path)) throw gattErrors.make("misuse", "the characteristic is subscribed to already");
    // Before the request goes out, because the first value may overtake the answer.
    const subscription = this.#values.subscribe(path, () => this.#disable(path));
    try {
      await this.#operate(signal, () => this.#enable(path, signal));
    } catch (error) {
      this.#values.release(path, subscription);
      // bluetoothd has confirmed them already, before its own answer: the device may never show them again.
      if (subscription.waiting === 0 || !gattErrors.is(error, "link-lost")) throw error;
    }
    return subscription;
  }

  /** Takes a value that has come from the characteristic at this path. */
  receive(path: string, value: Uint8Array): void {
    this.#values.accept(path, value);
    if (this.#values.waiting <= waitingValuesMax) return;
    this.#lose("the device sends more than is taken");
    void this.#ground.disconnect();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#ended.signal.aborted) {
      this.#values.discard();
      return await this.#leaving;
    }
    this.#end(gattErrors.make("link-closed", "the link was closed"));
    this.#values.discard();
    // A device that is left with its notifications on would send to nobody when it is connected to again.
    await Promise.all([...this.#notifying].map((path) => this.#stopNotify(path)));
    await this.#ground.disconnect();
    this.#ground.ended([]);
  }

  #lose(reason: string): void {
    if (this.#ended.signal.aborted) return;
    this.#end(gattErrors.make("link-lost", reason));
    this.#ground.ended([...this.#notifying]);
  }

  #end(error: CarepostError): void {
    this.#ended.abort(error);
    this.#unwatch();
    this.#values.end(error);
  }

  #hear(change: ObjectChange): void {
    const { path } = this.#ground;
    if (change.type === "daemon") return this.#lose("bluetoothd has ended");
    if (!change.path.startsWith(path)) return;
    if (change.type !== "changed") this.#characteristics = null;
    if (change.path === path) this.#look();
    else if (change.type === "changed" && change.changed["Value"] instanceof Uint8Array)
      this.receive(change.path, change.changed["Value"]);
  }

  #look(): void {
    const device = this.#device();
    if (device?.["Connected"] !== true) return this.#lose("the connection to the device has ended");
    this.#bonded = (device["Bonded"] ?? device["Paired"]) === true;
  }

  async #enable(path: string, signal: AbortSignal): Promise<void> {
    this.#notifying.add(path);
    try {
      await this.#call(path, { member: "StartNotify" });
    } catch (error) {
      if (!this.#ended.signal.aborted) this.#notifying.delete(path);
      throw error;
    }
    // Given up on the way, it is taken back.
    if (signal.aborted) await this.#stopNotify(path);
  }

  /** In its turn, after what was asked before. Never rejects. */
  async #disable(path: string): Promise<void> {
    const turn = this.#order.run(async () => {
      if (!this.#ended.signal.aborted && !this.#values.isTaken(path)) await this.#stopNotify(path);
    });
    await abortable(turn, this.#ended.signal).catch(() => undefined);
  }

  async #stopNotify(path: string): Promise<void> {
    this.#notifying.delete(path);
    const request = { path, interface: bluezInterfaces.characteristic, member: "StopNotify", timeoutMs: 2_000 };
    await this.#ground.objects.bus.call(request, new AbortController().signal).catch(() => undefined);
  }

  /** One at a time, in the order of the calls: an operation that is given up still has its turn to end. */
  #operate<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const turn = this.#order.run(async () => {
      this.#throwIfOver(signal);
      return await work();
    });
    return abortable(abortable(turn, this.#ended.signal), signal);
  }

  async #call(path: string, request: CharacteristicCall): Promise<readonly unknown[]> {
    const { objects, operationTimeoutMs: timeoutMs } = this.#ground;
    const interfaceName = bluezInterfaces.characteristic;
    try {
      return await objects.bus.call({ ...request, path, interface: interfaceName, timeoutMs }, this.#ended.signal);
    } catch (cause) {
      this.#ended.signal.throwIfAborted();
      const failure = operationFailure(cause);
      // After a transaction without an answer there may be no other on the link (Core Vol 3 Part F 3.3.3). Whoever
      // asked is told of the answer that did not come, before everybody is told that the link has ended.
      if (!gattErrors.is(failure, "att-error")) setImmediate(() => void this.#ground.disconnect());
      if (gattErrors.is(failure, "link-lost")) this.#lose(failure.message);
      throw failure;
    }
  }

  #battery(): Uint8Array {
    const level = batteryLevel(this.#ground.objects, this.#ground.path);
    if (level === null)
      throw gattErrors.make("att-error", "the device has no battery level", { context: { attError: 1 } });
    return Uint8Array.of(level);
  }

  #path({ handle, uuid }: GattCharacteristic): string {
    const found = this.#table().get(handle);
    if (found?.characteristic.uuid === uuid) return found.path;
    // It was there, or another link's: Invalid Handle is what the device would say.
    throw gattErrors.make("att-error", `the device has no ${uuid} there`, { context: { attError: 0x01 } });
  }

  #table(): ReadonlyMap<number, BluezCharacteristic> {
    this.#characteristics ??= characteristicsOf(this.#ground.objects, this.#ground.path);
    return this.#characteristics;
  }

  #device(): Readonly<Record<string, unknown>> | null {
    return this.#ground.objects.get(this.#ground.path, bluezInterfaces.device);
  }

  #throwIfOver(signal: AbortSignal): void {
    signal.throwIfAborted();
    this.#ended.signal.throwIfAborted();
  }
}

interface CharacteristicCall {
  readonly member: string;
  readonly signature?: string;
  readonly body?: readonly unknown[];
  readonly take?: (body: readonly unknown[]) => void;
}

const octets = (value: unknown): Uint8Array => (value instanceof Uint8Array ? value : new Uint8Array());

function requireProperty({ uuid, properties }: GattCharacteristic, anyOf: readonly GattProperty[]): void {
  if (anyOf.some((property) => properties.includes(property))) return;
  throw gattErrors.make("misuse", `the characteristic ${uuid} does not declare ${anyOf.join(" or ")}`);
}
