import { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import { fail, ok, type Result } from "../../device-drivers/kit/result.ts";
import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import { abortable } from "../air/abortable.ts";
import type { AirConnection, Arrival, CentralEnd } from "../air/air-connection.ts";
import { attErrors } from "../peripherals/virtual-peripheral.ts";
import { type Answer, attRefusal, done, failed, refuse } from "./bluez-answer.ts";
import type { Device } from "./device.ts";
import type { DeviceHome } from "./device-home.ts";
import type { Refusal } from "./service-bus.ts";

/** The kernel waits so long for a device that does not advertise. */
const connectMsMax = 40_000;
/** How often the kernel looks whether the device advertises. */
const dialIntervalMs = 100;
/** bluetoothd lets its profiles come to an end before it ends the link (src/device.c, DISCONNECT_TIMER). */
const disconnectMs = 2_000;

/** The link to one device: Connect, Disconnect, ServicesResolved, and the requests that go over it. */
export class DeviceLink {
  readonly #home: DeviceHome;
  readonly #device: Device;
  #connection: AirConnection | null = null;
  #attempt: AbortController | null = null;
  #disconnecting: Promise<void> | null = null;
  #isCancelled = false;
  #isRemoved = false;
  #isConnected = false;
  #isResolved = false;
  #resolved = Promise.withResolvers<void>();

  constructor(home: DeviceHome, device: Device) {
    this.#home = home;
    this.#device = device;
    this.#resolved.promise.catch(() => undefined);
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  get isResolved(): boolean {
    return this.#isResolved;
  }

  get isDisconnecting(): boolean {
    return this.#disconnecting !== null;
  }

  /** Null while there is none. */
  get connection(): AirConnection | null {
    return this.#connection;
  }

  async connect(): Promise<Answer> {
    if (this.#isConnected) return done;
    const failure = await this.dial();
    return failure === null ? done : refuse(failure);
  }

  /**
   * @param waitMs how long a device may be absent
   * @returns why there is no link; null if there is one
   */
  async dial(waitMs = connectMsMax): Promise<Refusal | null> {
    if (this.#attempt !== null) return failed("Operation already in progress");
    if (!this.#home.isPowered()) return failed("Input/output error");
    this.#device.setTemporary(false);
    const attempt = new AbortController();
    this.#attempt = attempt;
    this.#isCancelled = false;
    try {
      this.#begin(await this.#open(attempt.signal, waitMs));
      return null;
    } catch (error) {
      if (!(error instanceof CarepostError || attempt.signal.aborted)) throw error;
      // A Connect to a device that is removed meanwhile is forgotten with it.
      if (this.#isRemoved) return await new Promise(() => {});
      this.#device.attemptFailed();
      // A stranger goes at once, after the reply.
      if (this.#device.isTemporary) setImmediate(() => this.#home.remove(this.#device));
      return failed(this.#isCancelled ? "br-connection-canceled" : "le-connection-abort-by-local");
    } finally {
      this.#attempt = null;
    }
  }

  async disconnect(): Promise<Answer> {
    this.#device.pairing.cancel();
    if (!this.#isConnected) {
      this.#isCancelled = true;
      this.#attempt?.abort();
      return done;
    }
    await this.end();
    return done;
  }

  /** Ends the link as Disconnect does: after a while. Resolves when it has ended. */
  end(): Promise<void> {
    this.#disconnecting ??= this.#endLater().finally(() => {
      this.#disconnecting = null;
    });
    return this.#disconnecting;
  }

  /** The device goes, and with it whatever waits for a link. */
  remove(): void {
    this.#isRemoved = true;
    this.drop("the device was removed");
  }

  /** The link ends now. */
  drop(reason: string): void {
    this.#attempt?.abort();
    this.#connection?.close();
    this.#down(reason);
  }

  /** Resolves when the services are resolved; rejects when the link ends before. */
  whenResolved(): Promise<void> {
    return this.#resolved.promise;
  }

  /** A request to the device. One that it refuses for want of a key pairs first, as the kernel does, and tries again. */
  async perform<T>(request: (connection: AirConnection) => Promise<T>): Promise<Result<T, Refusal>> {
    const connection = this.#connection;
    if (connection === null) return fail(failed("Not connected"));
    try {
      return ok(await request(connection));
    } catch (error) {
      const refusal = refusalOf(error);
      if (!needsKey(error) || connection.bonded) return fail(refusal);
    }
    const secured = await this.#device.pairing.implicit();
    if (!secured) return await this.#unanswered(connection);
    return await request(connection).then(ok, (error: unknown) => fail(refusalOf(error)));
  }

  /** Where the pairing failed but the link stands, the request is answered only by the end of the link. */
  async #unanswered(connection: AirConnection): Promise<Result<never, Refusal>> {
    await abortable(new Promise(() => {}), connection.ended).catch(() => undefined);
    return fail(attRefusal(attErrors.unlikelyError));
  }

  async #open(signal: AbortSignal, waitMs: number): Promise<AirConnection> {
    const { clock, discovery, air } = this.#home;
    await discovery.windowEnd(signal);
    const letScan = discovery.hold();
    const over = new AbortController();
    const trying = AbortSignal.any([signal, over.signal]);
    const late = clock.sleep(waitMs, trying).then(() => over.abort(absent()));
    late.catch(() => undefined);
    try {
      for (;;) {
        const opened = await air.open(this.#device.known.address, this.#end(), trying).catch((error: unknown) => {
          if (gattErrors.is(error, "device-absent")) return null;
          throw error;
        });
        if (opened !== null) return opened;
        await clock.sleep(dialIntervalMs, trying);
      }
    } finally {
      over.abort();
      letScan();
    }
  }

  #end(): CentralEnd {
    return {
      holdsKey: this.#device.known.isBonded,
      room: () => Promise.resolve(),
      value: (arrival: Arrival) => {
        this.#device.gatt.arrived(arrival);
        if (arrival.confirm !== null) this.#connection?.confirm(arrival.confirm);
      },
      lost: (reason) => this.#down(reason),
    };
  }

  #begin(connection: AirConnection): void {
    this.#device.keep();
    this.#connection = connection;
    this.#resolved = Promise.withResolvers();
    this.#resolved.promise.catch(() => undefined);
    this.#setConnected(true);
    this.#home.tree.flush();
    if (this.#device.known.isBonded && !connection.bonded) {
      void this.#refusedKey(connection);
      return;
    }
    if (connection.ended.aborted) {
      this.#down("the device ended the link at once");
      return;
    }
    void this.#device.gatt.subscribeAgain(connection);
    void this.#resolve(connection).catch(() => undefined);
  }

  /**
   * The device does not know the key: the link ends as soon as it is to be encrypted, Connect succeeds all the same, and
   * bluetoothd tries once more by itself. That is all a client ever sees of a bond that the device has lost.
   */
  async #refusedKey(connection: AirConnection): Promise<void> {
    connection.close();
    this.#down("the device does not know the key");
    this.#home.tree.flush();
    await this.#home.clock.sleep(dialIntervalMs);
    if (this.#isConnected || this.#attempt !== null || !this.#home.isPowered()) return;
    this.#setConnected(true);
    this.#home.tree.flush();
    this.#setConnected(false);
  }

  async #resolve(connection: AirConnection): Promise<void> {
    const { clock, habits, tree } = this.#home;
    const { gatt, pairing } = this.#device;
    if (connection.path.peripheral.pairing?.requestsSecurity === true && !connection.bonded) void pairing.implicit();
    // How long the many requests of a discovery take is the daemon's habit, whatever one request takes in this air.
    await clock.sleep(habits.resolveMs, connection.ended);
    if (connection.path.losesLinkInOperation()) connection.lose("the link was lost in a request");
    connection.ended.throwIfAborted();
    const { characteristics } = connection.path.peripheral;
    if (habits.tellsResolvedFirst || pairing.isRunning) this.#setResolved();
    else tree.flush();
    gatt.export(characteristics);
    this.#setResolved();
    tree.flush();
    this.#resolved.resolve();
    await gatt.readBattery();
  }

  #setResolved(): void {
    if (this.#isResolved) return;
    this.#isResolved = true;
    this.#device.changed("ServicesResolved");
  }

  #setConnected(isConnected: boolean): void {
    this.#isConnected = isConnected;
    this.#device.changed("Connected");
  }

  async #endLater(): Promise<void> {
    const connection = this.#connection;
    this.#device.gatt.dropBattery();
    if (connection === null) return;
    await this.#home.clock.sleep(disconnectMs, connection.ended).catch(() => undefined);
    if (this.#connection !== connection) return;
    connection.close();
    // The two come from different events of the kernel, and so in two signals.
    if (this.#isResolved) this.#setUnresolved();
    this.#home.tree.flush();
    this.#down("the link was closed");
  }

  #setUnresolved(): void {
    this.#isResolved = false;
    this.#device.changed("ServicesResolved");
  }

  #down(reason: string): void {
    if (this.#connection === null) return;
    this.#connection = null;
    this.#resolved.reject(gattErrors.make("link-lost", reason));
    if (this.#isResolved) this.#setUnresolved();
    if (this.#isConnected) this.#setConnected(false);
    this.#home.tree.flush();
    this.#device.gatt.dropBattery();
  }
}

const absent = (): CarepostError => gattErrors.make("device-absent", "the device did not advertise in time");

const needsKey = (error: unknown): boolean =>
  gattErrors.is(error, "att-error") && error.context["attError"] === attErrors.insufficientAuthentication;

/** A request whose link has ended fails with Unlikely Error. */
function refusalOf(error: unknown): Refusal {
  if (!(error instanceof CarepostError)) throw error;
  const code = error.context["attError"];
  return attRefusal(typeof code === "number" ? code : attErrors.unlikelyError);
}
