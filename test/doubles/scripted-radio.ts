import type { Clock } from "../../device-drivers/ports/clock.ts";
import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import type { Advertisement, GattCharacteristic, GattLink } from "../../device-drivers/ports/gatt.ts";
import { abortable } from "../../gateway/radio/abortable.ts";
import type { ManagedRadio, RepairRung } from "../../gateway/radio/managed-radio.ts";
import { pairingErrors } from "../../gateway/radio/pairing-error.ts";
import { RadioEventFeed } from "../../gateway/radio/radio-event-feed.ts";

/** What is broken: each is mended by the rung of its name, or by a harder one; `hardware` by none. */
export type Hang = RepairRung | "hardware";

export interface ScriptedRadio extends ManagedRadio {
  /** Breaks it, or mends it. */
  hang(hang: Hang | null): void;
  /** Is anybody near who advertises? At first, yes. */
  neighbours(near: boolean): void;
  pullOut(): void;
  plugIn(): void;
  killDaemon(): void;
  startDaemon(): void;
  readonly isHealthy: boolean;
  readonly repairs: readonly TakenRepair[];
  /** How many links were ended by a repair although they were alive. */
  readonly cutLinks: number;
  readonly openLinks: number;
}

export interface TakenRepair {
  readonly rung: RepairRung;
  readonly atMs: number;
}

export interface ScriptedRadioOptions {
  readonly adapter?: string;
  readonly rungs?: readonly RepairRung[];
  /** Its stack believes that a device is connected, by nobody that there is, whatever the hardware does. */
  readonly hasLeftOver?: boolean;
}

const hardness: readonly Hang[] = ["restart-scan", "power-cycle", "restart-daemon", "hardware"];
const advertisingMs = 1_000;
const operationMs = 50;
const repairMs = 2_000;
const tellMs = 20;

/** A radio whose hardware breaks, and comes back, as a test says; what is done to it is written down. */
export function scriptedRadio(clock: Clock, options: ScriptedRadioOptions = {}): ScriptedRadio {
  return new Scripted(clock, options);
}

class Scripted implements ScriptedRadio {
  readonly kind = "bluez";
  readonly adapter: string;
  readonly abilities = { pairing: [], holdsConfirmations: false };
  readonly rungs: readonly RepairRung[];
  readonly #hasLeftOver: boolean;
  readonly #clock: Clock;
  readonly #feed = new RadioEventFeed();
  readonly #repairs: TakenRepair[] = [];
  readonly #links = new Set<ScriptedLink>();
  #hang: Hang | null = null;
  #near = true;
  #isPresent = true;
  #hasDaemon = true;
  #cut = 0;
  /** Aborted when the adapter or the daemon leaves. */
  #life = new AbortController();

  constructor(clock: Clock, options: ScriptedRadioOptions) {
    const { adapter = "hci0", rungs = ["restart-scan", "power-cycle"], hasLeftOver = false } = options;
    this.#clock = clock;
    this.#hasLeftOver = hasLeftOver;
    this.adapter = adapter;
    this.rungs = rungs;
  }

  get isHealthy(): boolean {
    return this.#isPresent && this.#hasDaemon && this.#hang === null;
  }

  get repairs(): readonly TakenRepair[] {
    return this.#repairs;
  }

  get cutLinks(): number {
    return this.#cut;
  }

  get openLinks(): number {
    return this.#links.size;
  }

  hang(hang: Hang | null): void {
    this.#hang = hang;
  }

  neighbours(near: boolean): void {
    this.#near = near;
  }

  pullOut(): void {
    this.#isPresent = false;
    this.#leave("adapter-gone");
  }

  plugIn(): void {
    this.#isPresent = true;
    this.#feed.tell({ type: "adapter-back" });
  }

  killDaemon(): void {
    this.#hasDaemon = false;
    this.#leave("daemon-gone");
  }

  startDaemon(): void {
    this.#hasDaemon = true;
    this.#feed.tell({ type: "daemon-back" });
  }

  async *advertisements(signal: AbortSignal): AsyncGenerator<Advertisement, void> {
    const life = this.#life.signal;
    if (this.#hasLeftOver && this.#isPresent && this.#hasDaemon) {
      yield { ...neighbour, address: "C0:00:00:00:00:98", rssiDbm: -127, isLeftConnected: true };
    }
    while (!signal.aborted) {
      if (!this.#isPresent || !this.#hasDaemon || life.aborted) throw absent();
      if (this.isHealthy && this.#near) yield neighbour;
      await this.#clock.sleep(advertisingMs, AbortSignal.any([signal, life])).catch(() => undefined);
    }
  }

  async connect(address: string, signal: AbortSignal): Promise<GattLink> {
    if (!this.#isPresent || !this.#hasDaemon) throw absent();
    await this.#answer(signal);
    const link = new ScriptedLink(address, {
      answer: (waiting) => this.#answer(waiting),
      ended: (ending) => this.#links.delete(ending),
    });
    this.#links.add(link);
    return link;
  }

  events(signal: AbortSignal): ReturnType<ManagedRadio["events"]> {
    return this.#feed.events(signal);
  }

  async repair(rung: RepairRung, signal: AbortSignal): Promise<void> {
    this.#repairs.push({ rung, atMs: this.#clock.monotonicMs() });
    if (!this.#isPresent && rung !== "restart-daemon") throw absent();
    if (rung !== "restart-scan") this.#endLinks(this.isHealthy);
    await this.#clock.sleep(repairMs, signal);
    const isEnough = this.#hang !== null && hardness.indexOf(rung) >= hardness.indexOf(this.#hang);
    if (isEnough) this.#hang = null;
    if (rung === "restart-daemon" && !this.#hasDaemon) this.startDaemon();
  }

  pair(): Promise<never> {
    return Promise.reject(pairingErrors.make("pairing-unsupported", "a scripted radio does not pair"));
  }

  bonds(): Promise<readonly []> {
    return Promise.resolve([]);
  }

  forget(): Promise<boolean> {
    return Promise.resolve(false);
  }

  close(): Promise<void> {
    this.#endLinks(false);
    return Promise.resolve();
  }

  #leave(type: "adapter-gone" | "daemon-gone"): void {
    this.#endLinks(false);
    this.#life.abort();
    this.#life = new AbortController();
    // As in a real stack, the hearing has failed by the time that anybody is told why.
    void this.#clock.sleep(tellMs).then(() => this.#feed.tell({ type }));
  }

  #endLinks(wereAlive: boolean): void {
    if (wereAlive) this.#cut += this.#links.size;
    for (const link of this.#links) link.lose();
    this.#links.clear();
  }

  /** An answer of the other side; none ever comes through hardware that hangs. */
  async #answer(signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(operationMs, signal);
    if (this.isHealthy) return;
    await abortable(new Promise<never>(() => undefined), signal);
  }
}

interface LinkAir {
  answer(signal: AbortSignal): Promise<void>;
  ended(link: ScriptedLink): void;
}

class ScriptedLink implements GattLink {
  readonly address: string;
  readonly addressKind = "public";
  readonly bonded = false;
  readonly #air: LinkAir;
  readonly #over = new AbortController();

  constructor(address: string, air: LinkAir) {
    this.address = address;
    this.#air = air;
  }

  lose(): void {
    this.#over.abort(gattErrors.make("link-lost", "the radio has lost the link"));
  }

  async discover(signal: AbortSignal): Promise<readonly GattCharacteristic[]> {
    await this.#answer(signal);
    return [];
  }

  async read(_characteristic: GattCharacteristic, signal: AbortSignal): Promise<Uint8Array> {
    await this.#answer(signal);
    return new Uint8Array();
  }

  async write(_characteristic: GattCharacteristic, ...[, signal]: [Uint8Array, AbortSignal]): Promise<void> {
    await this.#answer(signal);
  }

  subscribe(): Promise<never> {
    return Promise.reject(gattErrors.make("att-error", "a scripted link has no values"));
  }

  close(): Promise<void> {
    this.#over.abort(gattErrors.make("link-closed", "the link was closed"));
    this.#air.ended(this);
    return Promise.resolve();
  }

  async #answer(signal: AbortSignal): Promise<void> {
    this.#over.signal.throwIfAborted();
    await abortable(this.#air.answer(AbortSignal.any([signal, this.#over.signal])), this.#over.signal);
  }
}

const absent = (): Error => gattErrors.make("adapter-absent", "the adapter is not there");

const neighbour: Advertisement = {
  address: "C0:00:00:00:00:99",
  addressKind: "random-static",
  name: "Neighbour",
  services: [],
  rssiDbm: -80,
};
