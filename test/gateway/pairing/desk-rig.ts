import { onTestFinished } from "vitest";
import { gattErrors } from "../../../device-drivers/ports/gatt-error.ts";
import type { Advertisement } from "../../../device-drivers/ports/gatt.ts";
import type { GatewayEvent } from "../../../gateway/gateway-event.ts";
import { BondKeeper } from "../../../gateway/pairing/bond-keeper.ts";
import { PairingDesk } from "../../../gateway/pairing/pairing-desk.ts";
import type { Bond, ManagedRadio, PairingRequest, RadioEvent } from "../../../gateway/radio/managed-radio.ts";
import type { PairingDialogue } from "../../../gateway/radio/pairing.ts";
import { RadioEventFeed } from "../../../gateway/radio/radio-event-feed.ts";
import type { Store } from "../../../gateway/store/store.ts";
import type { VirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { keptLog } from "../../doubles/kept-log.ts";
import { storeRig } from "../store/store-rig.ts";

export const meter = "C0:FF:EE:00:00:01";
export const cuff = "C0:FF:EE:00:00:02";

/** A radio whose devices advertise, and pair as a test says. None lets itself be connected to. */
export class PairingRadio implements ManagedRadio {
  readonly kind = "bluez";
  readonly adapter = "hci0";
  readonly abilities = { pairing: ["just-works", "passkey-entry"] as const, holdsConfirmations: false };
  readonly rungs = [];
  readonly feed = new RadioEventFeed();
  readonly keys = new Map<string, Bond>();
  /** How strongly each device is heard, in dBm. */
  readonly near = new Map<string, number>([[meter, -50]]);
  /** What the stack believes to be connected, by nobody that there is. */
  leftConnected: string | null = null;
  /** Nothing can be heard: there is no adapter. */
  isAway = false;
  readonly requests: PairingRequest[] = [];
  /** The identity of each device that hides its address, by the private one that it uses. */
  readonly identities = new Map<string, string>();
  /** How the devices pair. */
  exchange: (dialogue: PairingDialogue, signal: AbortSignal) => Promise<void> = async (dialogue, signal) => {
    await dialogue.enterPasskey(signal);
  };
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  async *advertisements(signal: AbortSignal): AsyncGenerator<Advertisement, void> {
    const device = { name: "Meter", services: ["1808"] };
    if (this.leftConnected !== null) {
      const addressKind = "random-static";
      yield { ...device, address: this.leftConnected, addressKind, rssiDbm: -127, isLeftConnected: true };
    }
    if (this.isAway) throw gattErrors.make("adapter-absent", "bluetoothd does not run");
    while (!signal.aborted) {
      for (const [address, rssiDbm] of this.near) {
        const addressKind = this.identities.has(address) ? "random-private" : "random-static";
        yield { ...device, address, addressKind, rssiDbm };
      }
      await this.#clock.sleep(200, signal).catch(() => undefined);
    }
  }

  connect(): Promise<never> {
    return Promise.reject(gattErrors.make("device-absent", "it sleeps"));
  }

  events(signal: AbortSignal): AsyncIterable<RadioEvent> {
    return this.feed.events(signal);
  }

  async pair(request: PairingRequest, dialogue: PairingDialogue, signal: AbortSignal): Promise<Bond> {
    this.requests.push(request);
    await this.exchange(dialogue, signal);
    signal.throwIfAborted();
    const identity = this.identities.get(request.address) ?? request.address;
    this.#hear(request.address, identity);
    return this.keep(identity);
  }

  /** Another program has paired it, or this one. */
  keep(address: string): Bond {
    const bond = { address, addressKind: "random-static", name: "Meter" } as const;
    this.keys.set(address, bond);
    this.feed.tell({ type: "bond-made", address });
    return bond;
  }

  bonds(): Promise<readonly Bond[]> {
    return Promise.resolve([...this.keys.values()]);
  }

  forget(address: string): Promise<boolean> {
    const wasThere = this.keys.delete(address);
    if (wasThere) this.feed.tell({ type: "bond-removed", address });
    const [hidden] = [...this.identities].find(([, identity]) => identity === address) ?? [];
    if (wasThere && hidden !== undefined) this.#hear(address, hidden);
    return Promise.resolve(wasThere);
  }

  /** A device that hides its address is heard by its identity while there is a key, and not otherwise. */
  #hear(before: string, after: string): void {
    const rssiDbm = this.near.get(before);
    if (rssiDbm === undefined || before === after) return;
    this.near.delete(before);
    this.near.set(after, rssiDbm);
  }

  repair(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export interface DeskRig {
  readonly clock: VirtualClock;
  readonly store: Store;
  readonly radio: PairingRadio;
  readonly keeper: BondKeeper;
  readonly desk: PairingDesk;
  readonly events: readonly GatewayEvent[];
  /** What the collector was told, in order, with how often the radio had been asked to pair by then. */
  readonly collector: readonly string[];
  /** The keeper watches from here on. */
  watch(): void;
}

export async function deskRig(): Promise<DeskRig> {
  const around = storeRig();
  const { clock } = around;
  const store = await around.open();
  onTestFinished(() => store.close());
  const radio = new PairingRadio(clock);
  const events: GatewayEvent[] = [];
  const active = (): ManagedRadio => radio;
  const now = (): number => clock.now();
  const onEvent = (event: GatewayEvent): void => void events.push(event);
  const keeper = new BondKeeper({ radios: [radio], active, store, clock, now, log: keptLog(), onEvent });
  const collector: string[] = [];
  const hear = (what: string, address: string): void => {
    collector.push(`${what} ${address} ${radio.requests.length} ${keeper.turns.has(address) ? "taken" : "free"}`);
  };
  const desk = new PairingDesk({
    active,
    keeper,
    store,
    clock,
    now,
    letGo: async (address) => hear("let go", address),
    onPaired: (address) => hear("expect", address),
  });
  const watch = (): void => {
    const stop = new AbortController();
    const running = keeper.run(stop.signal);
    onTestFinished(async () => {
      stop.abort();
      await running;
    });
  };
  return { clock, store, radio, keeper, desk, events, collector, watch };
}
