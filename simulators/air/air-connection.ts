import type { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import { fail } from "../../device-drivers/kit/result.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import type { GattCharacteristic } from "../../device-drivers/ports/gatt.ts";
import {
  attErrors,
  type AttResult,
  type Delivery,
  type PeripheralLink,
  type PeripheralSession,
} from "../peripherals/virtual-peripheral.ts";
import { type PairingCentral, type PairingOutcome, pairWithDevice } from "./air-pairing.ts";
import type { AirPath } from "./air-path.ts";
import { CallOrder } from "./call-order.ts";

/** The central's end of a connection: what the air tells it. */
export interface CentralEnd {
  /** Does the central hold the key of a bond with this device? Taken for granted where it keeps no bonds of its own. */
  readonly holdsKey?: boolean;
  /** Resolves when there is room for another value, or when there will never be one again. */
  room(handle: number): Promise<void>;
  value(arrival: Arrival): void;
  /** The peer or the air ended the link. Comes once, after every value that arrived; not after `close`. */
  lost(reason: string): void;
}

export interface Arrival {
  readonly handle: number;
  readonly value: Uint8Array;
  /** What to confirm it with; null for a notification. */
  readonly confirm: number | null;
}

/** Why a link was lost that its device ended. */
export const endedByDevice = "the device ended the link";

/** A sender that hears no confirmation for this long gives the link up (Core Vol 3 Part F 3.3.3). */
const confirmationTimeoutMs = 30_000;

/** One connection through the air, below the GATT port: the in-process link and the socket server both stand on it. */
export class AirConnection {
  readonly #path: AirPath;
  readonly #clock: Clock;
  readonly #central: CentralEnd;
  readonly #session: PeripheralSession;
  readonly #operations = new CallOrder();
  readonly #values = new CallOrder();
  readonly #indications = new CallOrder();
  readonly #ended = new AbortController();
  readonly #configured = new Set<number>();
  #isKeyed: boolean;
  #lastConfirm = 0;
  #outstanding: { readonly confirm: number; readonly hear: (delivery: Delivery) => void } | null = null;

  constructor(path: AirPath, clock: Clock, central: CentralEnd) {
    this.#path = path;
    this.#clock = clock;
    this.#central = central;
    this.#isKeyed = central.holdsKey ?? true;
    this.#session = path.peripheral.accept(this.#peripheralLink());
  }

  get path(): AirPath {
    return this.#path;
  }

  /** Do both ends hold the key? */
  get bonded(): boolean {
    return this.#isKeyed && this.#path.isBonded;
  }

  /** Aborted when the link has ended, with the error that every later call rejects with. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  discover(signal: AbortSignal): Promise<readonly GattCharacteristic[]> {
    return this.#request(signal, () => ({ ok: true, value: this.#path.peripheral.characteristics }));
  }

  read(handle: number, signal: AbortSignal): Promise<Uint8Array> {
    return this.#request(signal, () => this.#secured() ?? this.#session.read(handle));
  }

  write(handle: number, value: Uint8Array, signal: AbortSignal): Promise<void> {
    return this.#request(signal, () => this.#secured() ?? this.#session.write(handle, value));
  }

  /** Writes the CCCD. Values may arrive before it resolves. */
  configure(handle: number, enabled: boolean, signal: AbortSignal): Promise<void> {
    return this.#request(signal, () => {
      const refusal = this.#secured() ?? this.#declares(handle);
      if (refusal !== null) return refusal;
      const before = this.#configured.has(handle);
      this.#setConfigured(handle, enabled);
      const answer = this.#session.configure(handle, enabled);
      if (!answer.ok) this.#setConfigured(handle, before);
      return answer;
    });
  }

  /**
   * Pairs the two ends; a bond that there was is replaced. Resolves also where it fails; rejects, with the signal's
   * reason, only when it is broken off. Whether a failure ends the link is for the front to say.
   */
  async pair(central: PairingCentral, signal: AbortSignal): Promise<PairingOutcome> {
    const ports = { clock: this.#clock, random: this.#path.pairingRandom, ended: this.ended, signal };
    const outcome = await pairWithDevice(this.#path.pairingDevice, central, ports);
    if (!outcome.ok) return outcome;
    this.#path.obey({ type: "pair", address: this.#path.peripheral.address });
    this.#isKeyed = true;
    return outcome;
  }

  /** Confirms an indication. What is not outstanding is not there to be confirmed. */
  confirm(confirm: number): void {
    const outstanding = this.#outstanding;
    if (outstanding === null || outstanding.confirm !== confirm) return;
    if (this.#path.losesLinkBeforeConfirmation()) {
      this.lose("the link was lost before the confirmation arrived");
      return;
    }
    this.#outstanding = null;
    outstanding.hear("confirmed");
  }

  /** The central ends the link. */
  close(): void {
    this.#end(gattErrors.make("link-closed", "the link was closed"));
  }

  /** The peer or the air ends the link. */
  lose(reason: string): void {
    if (this.#ended.signal.aborted) return;
    this.#end(gattErrors.make("link-lost", reason));
    this.#central.lost(reason);
  }

  #end(error: CarepostError): void {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort(error);
    this.#path.linkEnded();
    this.#outstanding?.hear("link-ended");
    this.#outstanding = null;
  }

  async #request<T>(signal: AbortSignal, answer: () => AttResult<T>): Promise<T> {
    return await this.#operations.run(async () => {
      signal.throwIfAborted();
      this.ended.throwIfAborted();
      if (this.#path.losesLinkInOperation()) this.lose("the link was lost in a request");
      await this.#wait(this.#path.latencyMs(this.#path.faults.operationLatencyMs));
      // An answer does not overtake the values that were sent before it: they share one channel.
      const sentBefore = this.#values.run(async () => {});
      const result = answer();
      await sentBefore;
      this.ended.throwIfAborted();
      if (result.ok) return result.value;
      const code = `0x${result.error.toString(16).padStart(2, "0")}`;
      throw gattErrors.make("att-error", `the device refused with ATT error ${code}`, {
        context: { attError: result.error },
      });
    });
  }

  /** Waits, unless the link ends, which rejects with its error. */
  async #wait(durationMs: number): Promise<void> {
    this.ended.throwIfAborted();
    if (durationMs > 0) await this.#clock.sleep(durationMs, this.ended);
  }

  #secured(): AttResult<never> | null {
    if (!this.#path.peripheral.requiresBond || this.bonded) return null;
    return fail(attErrors.insufficientAuthentication);
  }

  #declares(handle: number): AttResult<never> | null {
    const found = this.#path.peripheral.characteristics.find((characteristic) => characteristic.handle === handle);
    const sends = found?.properties.some((property) => property === "notify" || property === "indicate") ?? false;
    return sends ? null : fail(attErrors.requestNotSupported);
  }

  #setConfigured(handle: number, enabled: boolean): void {
    if (enabled) this.#configured.add(handle);
    else this.#configured.delete(handle);
  }

  #peripheralLink(): PeripheralLink {
    return {
      notify: (handle, value) => this.#send({ handle, value, confirm: null }),
      indicate: (handle, value) => this.#indications.run(() => this.#indicate(handle, value)),
      disconnect: () => this.lose(endedByDevice),
      ended: this.#ended.signal,
    };
  }

  /** Values of one link arrive one after the other, in the order in which they were sent. */
  #send(arrival: Arrival): Promise<Delivery> {
    return this.#values.run(async () => {
      try {
        return await this.#carry(arrival);
      } catch (error) {
        if (this.ended.aborted) return "link-ended";
        throw error;
      }
    });
  }

  async #carry(arrival: Arrival): Promise<Delivery> {
    const fate = this.#path.valueFate(arrival.confirm !== null);
    await this.#wait(fate.delayMs);
    if (fate.outcome === "link-is-lost") this.lose("the link was lost in a transfer");
    await this.#central.room(arrival.handle);
    this.ended.throwIfAborted();
    if (fate.outcome === "is-lost" || !this.#configured.has(arrival.handle)) return "lost";
    this.#central.value(arrival);
    if (fate.outcome === "arrives-twice") this.#central.value(arrival);
    return "handed-over";
  }

  async #indicate(handle: number, value: Uint8Array): Promise<Delivery> {
    this.#lastConfirm += 1;
    const confirm = this.#lastConfirm;
    const heard = new Promise<Delivery>((hear) => {
      this.#outstanding = { confirm, hear };
    });
    const sent = await this.#send({ handle, value, confirm });
    if (sent !== "handed-over") {
      this.#outstanding = null;
      return sent;
    }
    const waiting = new AbortController();
    this.#giveUpAfter(confirmationTimeoutMs, waiting.signal);
    const delivery = await heard;
    waiting.abort();
    return delivery;
  }

  #giveUpAfter(durationMs: number, signal: AbortSignal): void {
    this.#clock.sleep(durationMs, signal).then(
      () => this.lose("the device waited too long for a confirmation"),
      () => undefined,
    );
  }
}
