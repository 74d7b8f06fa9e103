import { platform } from "node:os";
import type { Clock } from "../../../device-drivers/ports/clock.ts";
import { gattErrors } from "../../../device-drivers/ports/gatt-error.ts";
import type { Advertisement, GattLink } from "../../../device-drivers/ports/gatt.ts";
import { AdvertisementInbox } from "../advertisement-inbox.ts";
import type { Bond, ManagedRadio, RadioAbilities, RadioEvent, RepairRung } from "../managed-radio.ts";
import { RadioEventFeed } from "../radio-event-feed.ts";
import type { NobleRadioOptions } from "../radio-options.ts";
import { openH4Socket } from "./h4-socket.ts";
import { silence } from "./hci-internals.ts";
import { NobleAdapter } from "./noble-adapter.ts";
import { type NoblePatience, usualPatience } from "./noble-attempt.ts";
import { type LoadedNoble, loadNoble } from "./noble-bindings.ts";
import { unsupportedPairing } from "./noble-failure.ts";

export interface NobleSurroundings {
  readonly clock: Clock;
  readonly patience?: Partial<NoblePatience>;
}

/** How long an adapter may take until it has power for the first time. */
const firstPowerMs = 10_000;

/**
 * A radio by noble: for macOS and Windows, and for Linux without bluetoothd. It keeps no bonds, so a device that wants
 * one is refused; and noble confirms indications at once, so a value that has arrived is this process's to keep.
 * Rejects with `radio-package-missing`, or with `adapter-absent` where there is no adapter that has power.
 */
export async function openNobleRadio(options: NobleRadioOptions, around: NobleSurroundings): Promise<ManagedRadio> {
  const socket = options.h4Socket === null ? null : await openH4Socket(options.h4Socket);
  const loaded = await loadNoble(options.package).catch((error: unknown) => {
    socket?.stop();
    throw error;
  });
  const radio = new NobleRadio(loaded, options, (feed) => ({
    clock: around.clock,
    patience: { ...usualPatience, ...around.patience },
    choice: { device: options.hciDevice, socket },
    powerChanged: (isPowered) => feed.tell({ type: isPowered ? "adapter-back" : "adapter-gone" }),
  }));
  try {
    await radio.start(new AbortController().signal);
  } catch (error) {
    await radio.discard();
    throw error;
  }
  return radio;
}

type AdapterPorts = ConstructorParameters<typeof NobleAdapter>[1];

class NobleRadio implements ManagedRadio {
  readonly kind = "noble";
  readonly adapter: string;
  readonly abilities: RadioAbilities = { pairing: [], holdsConfirmations: false };
  readonly rungs: readonly RepairRung[];
  readonly #loaded: LoadedNoble;
  readonly #adapter: NobleAdapter;
  readonly #feed = new RadioEventFeed();
  #isStarted = false;

  constructor(loaded: LoadedNoble, options: NobleRadioOptions, portsFor: (feed: RadioEventFeed) => AdapterPorts) {
    this.#loaded = loaded;
    this.#adapter = new NobleAdapter(loaded, portsFor(this.#feed));
    this.adapter = adapterName(options);
    this.rungs = loaded.stop === null ? ["restart-scan"] : ["restart-scan", "power-cycle"];
  }

  /** Resolves when the adapter has power. Rejects with `adapter-absent`. */
  async start(signal: AbortSignal): Promise<void> {
    if (!this.#isStarted) this.#loaded.start();
    this.#isStarted = true;
    await this.#adapter.power(firstPowerMs, signal);
  }

  async *advertisements(signal: AbortSignal): AsyncGenerator<Advertisement, void> {
    if (signal.aborted) return;
    await this.start(signal);
    const inbox = new AdvertisementInbox();
    const stop = this.#adapter.hear(inbox);
    try {
      yield* inbox.take(signal);
    } finally {
      stop();
    }
  }

  async connect(address: string, signal: AbortSignal): Promise<GattLink> {
    signal.throwIfAborted();
    if (!this.#isStarted) await this.start(signal);
    return await this.#adapter.connect(address, signal);
  }

  events(signal: AbortSignal): AsyncIterable<RadioEvent> {
    return this.#feed.events(signal);
  }

  pair(): Promise<Bond> {
    return Promise.reject(unsupportedPairing());
  }

  bonds(): Promise<readonly Bond[]> {
    return Promise.resolve([]);
  }

  forget(): Promise<boolean> {
    return Promise.resolve(false);
  }

  async repair(rung: RepairRung, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (rung === "restart-scan") {
      if (!this.#adapter.isPowered) throw gattErrors.make("adapter-absent", "there is no adapter that has power");
      this.#adapter.scan.restart();
      return;
    }
    if (rung !== "power-cycle" || this.#loaded.stop === null) {
      throw gattErrors.make("misuse", `the radio noble has no ${rung}`);
    }
    this.#stop();
    await this.start(signal);
  }

  async close(): Promise<void> {
    await Promise.all(this.#adapter.links.map((link) => link.close()));
    this.#stop();
  }

  /** Closes it for good: the package's bindings may outlive it. */
  async discard(): Promise<void> {
    await this.close();
    this.#adapter.release();
  }

  #stop(): void {
    if (!this.#isStarted) return;
    this.#isStarted = false;
    this.#adapter.fail("the radio was closed");
    if (this.#loaded.stop === null) silence(this.#loaded.bindings);
    else this.#loaded.stop();
  }
}

function adapterName({ hciDevice, h4Socket }: NobleRadioOptions): string {
  if (h4Socket !== null) return "h4";
  const names: Readonly<Record<string, string>> = { darwin: "CoreBluetooth", win32: "WinRT" };
  return names[platform()] ?? `hci${hciDevice ?? 0}`;
}
