import type { Random } from "../../device-drivers/ports/clock.ts";
import type { VirtualPeripheral } from "../peripherals/virtual-peripheral.ts";
import type { PairingDevice } from "./air-pairing.ts";
import { between, happens, integerBetween, seededRandom, seedOf } from "../random.ts";
import type { AirCommand } from "./air-command.ts";
import type { AirFaults, Span } from "./air-faults.ts";

/** What becomes of one value on its way. */
export interface ValueFate {
  readonly delayMs: number;
  readonly outcome: "arrives" | "arrives-twice" | "is-lost" | "link-is-lost";
}

/**
 * The way between one device and whoever listens: it decides what goes wrong, by chance and by command. Chance is drawn
 * from a source of the device's own, so that what other devices do changes nothing here.
 */
export class AirPath {
  readonly peripheral: VirtualPeripheral;
  readonly faults: AirFaults;
  readonly #random: Random;
  readonly #advertisingRandom: Random;
  /** Draws passkeys. */
  readonly pairingRandom: Random;
  #present = true;
  #bonded = true;
  #refusals = 0;
  #drops = 0;
  #repeats = 0;
  #delays = { count: 0, delayMs: 0 };
  #pairingRefusals = 0;
  #mistypings = 0;
  #shownPasskey: number | null = null;
  #cut: { afterValues: number; readonly before: "value" | "confirmation" } | null = null;

  constructor(peripheral: VirtualPeripheral, faults: AirFaults, seed: number) {
    this.peripheral = peripheral;
    this.faults = faults;
    this.#random = seededRandom(seedOf(seed, "air", peripheral.address));
    this.pairingRandom = seededRandom(seedOf(seed, "pairing", peripheral.address));
    this.#advertisingRandom = seededRandom(seedOf(seed, "advertising", peripheral.address));
  }

  get isReachable(): boolean {
    return this.#present && this.peripheral.isAdvertising();
  }

  get isBonded(): boolean {
    return this.#bonded;
  }

  /** The six digits on the device's display; null while it shows none. */
  get shownPasskey(): number | null {
    return this.#shownPasskey;
  }

  /** The device, as whoever pairs with it meets it. */
  get pairingDevice(): PairingDevice {
    return {
      traits: this.peripheral.pairing,
      agrees: () => {
        if (this.#pairingRefusals === 0) return true;
        this.#pairingRefusals -= 1;
        return false;
      },
      show: (passkey) => {
        this.#shownPasskey = passkey;
      },
      typed: (passkey) => {
        if (this.#mistypings === 0) return passkey;
        this.#mistypings -= 1;
        return (passkey + 1) % 1_000_000;
      },
    };
  }

  /** Its link has ended. Some devices forget their keys with it. */
  linkEnded(): void {
    if (this.peripheral.pairing?.forgetsKeys === true) this.#bonded = false;
  }

  /** Is this advertisement heard, and how strongly? Null if it is not. */
  advertisementRssiDbm(): number | null {
    if (happens(this.#advertisingRandom, this.faults.advertisementLoss)) return null;
    return integerBetween(this.#advertisingRandom, -84, -46);
  }

  latencyMs(span: Span): number {
    return span.maxMs === 0 ? 0 : Math.round(between(this.#random, span.minMs, span.maxMs));
  }

  connectFate(): "connects" | "is-refused" | "times-out" {
    if (this.#refusals > 0) {
      this.#refusals -= 1;
      return "is-refused";
    }
    if (happens(this.#random, this.faults.connectRefusal)) return "is-refused";
    if (happens(this.#random, this.faults.connectTimeout)) return "times-out";
    if (happens(this.#random, this.faults.bondLoss)) this.#bonded = false;
    return "connects";
  }

  losesLinkInOperation(): boolean {
    return happens(this.#random, this.faults.linkLossPerOperation);
  }

  valueFate(isConfirmed: boolean): ValueFate {
    const delayMs = this.latencyMs(this.faults.valueLatencyMs) + this.#scriptedDelayMs();
    if (this.#isCut("value")) return { delayMs, outcome: "link-is-lost" };
    if (happens(this.#random, this.faults.linkLossPerValue)) return { delayMs, outcome: "link-is-lost" };
    return { delayMs, outcome: isConfirmed ? "arrives" : this.#notificationOutcome() };
  }

  losesLinkBeforeConfirmation(): boolean {
    return this.#isCut("confirmation") || happens(this.#random, this.faults.linkLossPerConfirmation);
  }

  /** Takes a command. Returns why the link ends by it; null if it does not. */
  obey(command: AirCommand): string | null {
    switch (command.type) {
      case "vanish":
        this.#present = false;
        break;
      case "return":
        this.#present = true;
        break;
      case "disconnect":
        break;
      case "cut-transfer":
        this.#cut = { afterValues: command.afterValues, before: command.before };
        break;
      case "refuse-connections":
        this.#refusals = command.count;
        break;
      case "drop-notifications":
        this.#drops = command.count;
        break;
      case "repeat-notifications":
        this.#repeats = command.count;
        break;
      case "delay-values":
        this.#delays = { count: command.count, delayMs: command.delayMs };
        break;
      case "forget-bond":
        this.#bonded = false;
        break;
      case "pair":
        this.#bonded = true;
        break;
      case "refuse-pairings":
        this.#pairingRefusals = command.count;
        break;
      case "mistype-passkeys":
        this.#mistypings = command.count;
        break;
    }
    return lossReasons[command.type] ?? null;
  }

  #notificationOutcome(): ValueFate["outcome"] {
    if (this.#drops > 0) {
      this.#drops -= 1;
      return "is-lost";
    }
    if (this.#repeats > 0) {
      this.#repeats -= 1;
      return "arrives-twice";
    }
    if (happens(this.#random, this.faults.notificationLoss)) return "is-lost";
    return happens(this.#random, this.faults.notificationReplay) ? "arrives-twice" : "arrives";
  }

  #scriptedDelayMs(): number {
    if (this.#delays.count === 0) return 0;
    this.#delays.count -= 1;
    return this.#delays.delayMs;
  }

  #isCut(moment: "value" | "confirmation"): boolean {
    const cut = this.#cut;
    if (cut === null || cut.before !== moment) return false;
    if (cut.afterValues > 0) {
      cut.afterValues -= 1;
      return false;
    }
    this.#cut = null;
    return true;
  }
}

/** The commands that end a link, and what is said of it. */
const lossReasons: Readonly<Partial<Record<AirCommand["type"], string>>> = {
  vanish: "the device went out of range",
  disconnect: "the link was lost",
  "forget-bond": "the device has forgotten the bond",
};
