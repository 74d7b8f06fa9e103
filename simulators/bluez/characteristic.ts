import type { GattCharacteristic } from "../../device-drivers/ports/gatt.ts";
import type { AirConnection } from "../air/air-connection.ts";
import { attErrors } from "../peripherals/virtual-peripheral.ts";
import { type Answer, attRefusal, bluezErrors, done, failed, refuse } from "./bluez-answer.ts";
import { characteristicShape } from "./bluez-shapes.ts";
import type { Device } from "./device.ts";
import type { DeviceHome } from "./device-home.ts";
import { operationOptions } from "./operation-options.ts";
import type { ServedInterface } from "./object-tree.ts";
import type { BusCall } from "./service-bus.ts";
import { fourDigits, longUuid } from "./uuid.ts";

/** What a link of an ordinary phone or hub agrees on. */
const attMtu = 247;
/** Core Vol 3 Part F 3.2.9. */
const valueOctetsMax = 512;

/** One client's notify session: with the device by the link, or, without a link, waiting for the next one. */
interface NotifySession {
  isRegistered: boolean;
}

/** org.bluez.GattCharacteristic1 (src/gatt-client.c). */
export class Characteristic implements ServedInterface {
  readonly shape = characteristicShape;
  readonly path: string;
  readonly found: GattCharacteristic;
  readonly #home: DeviceHome;
  readonly #device: Device;
  readonly #servicePath: string;
  readonly #sessions = new Map<string, NotifySession>();
  #value: Uint8Array = new Uint8Array();
  #isNotifying = false;
  #isWriting = false;
  #reading: { readonly offset: number; readonly answer: Promise<Answer> } | null = null;

  constructor(
    home: DeviceHome,
    device: Device,
    { found, servicePath }: { readonly found: GattCharacteristic; readonly servicePath: string },
  ) {
    this.#home = home;
    this.#device = device;
    this.found = found;
    this.#servicePath = servicePath;
    // The air tells the handle of the value; the path has the one of the declaration, which stands before it.
    this.path = `${servicePath}/char${fourDigits(found.handle - 1)}`;
  }

  /** Can it notify or indicate? */
  get sends(): boolean {
    return this.#has("notify") || this.#has("indicate");
  }

  value(property: string): unknown {
    switch (property) {
      case "UUID":
        return longUuid(this.found.uuid);
      case "Service":
        return this.#servicePath;
      case "Value":
        return Buffer.from(this.#value);
      case "Notifying":
        return this.sends ? this.#isNotifying : undefined;
      case "Flags":
        return flagOrder.filter((flag) => this.#has(flag));
      case "WriteAcquired":
        return this.#has("write-without-response") ? false : undefined;
      case "NotifyAcquired":
        return this.#has("notify") ? false : undefined;
      case "MTU":
        return this.#device.link.connection === null ? undefined : attMtu;
      default:
        return undefined;
    }
  }

  call(member: string, call: BusCall): Answer | Promise<Answer> {
    switch (member) {
      case "ReadValue":
        return this.#read(call);
      case "WriteValue":
        return this.#write(call);
      case "StartNotify":
        return this.#startNotify(call.sender);
      case "StopNotify":
        return this.#stopNotify(call.sender);
      default:
        // File descriptors cannot be handed over here.
        return refuse(bluezErrors.notSupported);
    }
  }

  arrived(value: Uint8Array): void {
    this.#tell(value);
  }

  /** A link has been made: the sessions that are left from the last one are registered again. */
  async subscribeAgain(connection: AirConnection): Promise<void> {
    for (const session of this.#sessions.values()) session.isRegistered = false;
    if (this.#sessions.size === 0) return;
    const answer = await this.#configure(connection, true).catch(() => null);
    if (answer === null) return;
    for (const session of this.#sessions.values()) session.isRegistered = true;
    this.#setNotifying(this.#sessions.size > 0);
  }

  left(client: string): void {
    if (this.#sessions.delete(client)) this.#settleSessions();
  }

  #read({ body: [given] }: BusCall): Answer | Promise<Answer> {
    if (this.#device.link.connection === null) return refuse(failed("Not connected"));
    const options = operationOptions(given);
    if (options === null) return refuse(bluezErrors.invalidArguments);
    const { offset } = options;
    if (this.#reading !== null) {
      return this.#reading.offset === offset ? this.#reading.answer : refuse(bluezErrors.inProgress);
    }
    const answer = this.#readFrom(offset).finally(() => {
      this.#reading = null;
    });
    this.#reading = { offset, answer };
    return answer;
  }

  async #readFrom(offset: number): Promise<Answer> {
    const signal = new AbortController().signal;
    const read = await this.#device.link.perform((connection) => connection.read(this.found.handle, signal));
    if (!read.ok) return refuse(read.error);
    if (offset > read.value.length) return refuse(bluezErrors.invalidOffset);
    this.#tell(read.value);
    return { ok: true, value: [Buffer.from(read.value.subarray(offset))] };
  }

  async #write({ body: [value, given] }: BusCall): Promise<Answer> {
    if (this.#device.link.connection === null) return refuse(failed("Not connected"));
    if (this.#isWriting) return refuse(bluezErrors.inProgress);
    const options = operationOptions(given);
    if (options === null || !(value instanceof Uint8Array)) return refuse(bluezErrors.invalidArguments);
    const type = options.type ?? (this.#has("write") ? "request" : "command");
    const isCommand = type === "command" && (options.type !== null || this.#has("write-without-response"));
    if (isCommand && options.offset === 0) return this.#command(value);
    // Prepared writes, which `reliable` needs, are not supported by any device here.
    if (type !== "request" || options.offset > 0) return refuse(bluezErrors.notSupported);
    if (value.length > valueOctetsMax) return refuse(attRefusal(attErrors.invalidAttributeLength));
    return await this.#request(new Uint8Array(value));
  }

  /** A command that the device has no place for is dropped there, and nobody is told. */
  #command(value: Uint8Array): Answer {
    const signal = new AbortController().signal;
    const octets = new Uint8Array(value);
    if (this.#has("write-without-response")) {
      void this.#device.link.perform((connection) => connection.write(this.found.handle, octets, signal));
    }
    return done;
  }

  async #request(value: Uint8Array): Promise<Answer> {
    const signal = new AbortController().signal;
    this.#isWriting = true;
    try {
      const written = await this.#device.link.perform((link) => link.write(this.found.handle, value, signal));
      return written.ok ? done : refuse(written.error);
    } finally {
      this.#isWriting = false;
    }
  }

  async #startNotify(client: string): Promise<Answer> {
    const { link } = this.#device;
    if (link.isDisconnecting) return refuse(bluezErrors.notDisconnecting);
    if (!this.sends) return refuse(bluezErrors.notSupported);
    const own = this.#sessions.get(client);
    if (own !== undefined) return own.isRegistered ? done : refuse(bluezErrors.inProgress);
    const session: NotifySession = { isRegistered: link.connection !== null };
    this.#sessions.set(client, session);
    // Without a link it counts as done, and is done when there is one.
    if (!session.isRegistered || this.#isNotifying) return done;
    const configured = await link.perform((connection) => this.#configure(connection, true));
    if (!configured.ok) {
      this.#sessions.delete(client);
      return refuse(configured.error);
    }
    this.#setNotifying(true);
    return done;
  }

  #stopNotify(client: string): Answer {
    if (!this.#sessions.delete(client)) return refuse(failed("No notify session started"));
    this.#settleSessions();
    return done;
  }

  #settleSessions(): void {
    if (this.#sessions.size > 0) return;
    this.#setNotifying(false);
    const { connection } = this.#device.link;
    // The reply does not wait for the device.
    if (connection !== null) void this.#configure(connection, false).catch(() => undefined);
  }

  #configure(connection: AirConnection, enabled: boolean): Promise<void> {
    return connection.configure(this.found.handle, enabled, new AbortController().signal);
  }

  #setNotifying(isNotifying: boolean): void {
    if (this.#isNotifying === isNotifying) return;
    this.#isNotifying = isNotifying;
    this.#home.tree.changed(this.path, this, "Notifying");
  }

  /** Each value is told in a signal of its own, also one that is equal to the last. */
  #tell(value: Uint8Array): void {
    this.#value = value;
    this.#home.tree.changedNow(this.path, this, "Value");
  }

  #has(flag: string): boolean {
    return this.found.properties.some((property) => property === flag);
  }
}

const flagOrder = ["read", "write-without-response", "write", "notify", "indicate"];
