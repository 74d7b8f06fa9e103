import { CarepostError } from "../../../device-drivers/kit/carepost-error.ts";
import type { Clock } from "../../../device-drivers/ports/clock.ts";
import type { Candidate } from "../../pairing/candidates.ts";
import type { PairingDesk } from "../../pairing/pairing-desk.ts";
import type { PairedDevice, PairingWindow } from "../../pairing/pairing-window.ts";
import type { AnswerPairing } from "../contract/requests.ts";
import type { DeviceKind, PairingView } from "../contract/visit-view.ts";
import { kioskErrors } from "../kiosk-error.ts";
import { deviceKindOf } from "./device-kind.ts";
import { ScreenDialogue } from "./screen-dialogue.ts";
import { makeToken } from "./token.ts";
import type { BeforePairing } from "./visit-devices.ts";

export interface PairingPorts {
  readonly desk: PairingDesk;
  readonly clock: Clock;
  readonly durationMs: number;
  readonly kind: DeviceKind;
  /** Addresses of devices that are nobody's to pair: the kiosk's own. */
  readonly taken: ReadonlySet<string>;
  /** Who is known here already, before the device of this address is paired. */
  readonly before: (address: string) => Promise<BeforePairing>;
  readonly onChange: () => void;
  /** Told what a pairing came to, also after the window was closed: a bond may have been made by then. */
  readonly onPaired: (paired: PairedDevice, before: BeforePairing) => void;
}

const candidatesMax = 16;
/** Whoever floods the air with new addresses does not fill the memory: all are named anew then. */
const tokensMax = 512;

/** One window in which a person pairs a device of their own, as the screen shows it. It is closed by `close` or by its time. */
export class VisitPairing {
  readonly #with: PairingPorts;
  readonly #dialogue: ScreenDialogue;
  readonly #window: PairingWindow;
  readonly #closesMs: number;
  readonly #gone = new AbortController();
  readonly #tokens = new Map<string, string>();
  #phase: PairingView["phase"] = "searching";
  #candidates: PairingView["candidates"] = [];
  #failure: PairingView["failure"] = null;
  /** The address of the device that was chosen, while it is being paired with. */
  #chosen: string | null = null;

  /** Opens the window. @throws CarepostError `pairing-window-taken`, `pairing-unsupported` */
  constructor(ports: PairingPorts) {
    this.#with = ports;
    const { desk, durationMs, clock } = ports;
    this.#dialogue = new ScreenDialogue(() => this.#changed());
    this.#window = desk.open({ durationMs }, this.#dialogue, this.#gone.signal);
    this.#closesMs = clock.monotonicMs() + durationMs;
    void this.#follow();
  }

  /** A person is at work with the device, and not with the screen. */
  get isOpen(): boolean {
    return !this.#window.closed.aborted || this.#chosen !== null;
  }

  view(): PairingView {
    const { question } = this.#dialogue;
    const isOver = this.#window.closed.aborted;
    const remainingMs = isOver ? 0 : Math.max(0, Math.round(this.#closesMs - this.#with.clock.monotonicMs()));
    const isAsking = this.#phase === "connecting" && question !== null;
    return {
      phase: isAsking ? "asking" : this.#phase,
      candidates: isOver ? [] : this.#candidates,
      question: isAsking ? question : null,
      failure: this.#failure,
      remainingMs,
    };
  }

  /** Begins to pair, and says what came of it by `onChange`. @throws CarepostError `device-unknown-here` */
  choose(token: string): void {
    const address = this.#tokens.get(token);
    if (address === undefined || this.#window.closed.aborted) {
      throw kioskErrors.make("device-unknown-here", "there is no such device to be paired");
    }
    if (this.#chosen !== null) {
      throw kioskErrors.make("visit-step-refused", "a device is being paired already");
    }
    this.#chosen = address;
    this.#failure = null;
    this.#turn("connecting");
    void this.#pair(address);
  }

  answer(answer: AnswerPairing): void {
    this.#dialogue.answer(answer);
  }

  /** Idempotent. What is under way is broken off, and ends in the background. */
  close(): void {
    this.#gone.abort();
    this.#tokens.clear();
    this.#candidates = [];
  }

  async #pair(address: string): Promise<void> {
    try {
      const before = await this.#with.before(address);
      const paired = await this.#window.pair({ address, forgetsKey: false });
      this.#chosen = null;
      this.#dialogue.clear();
      this.#with.onPaired(paired, before);
      this.#turn("paired");
    } catch (error) {
      this.#chosen = null;
      this.#fail(error);
    }
  }

  async #follow(): Promise<void> {
    for await (const heard of this.#window.candidates(this.#gone.signal)) this.#hear(heard);
    // A window that was closed by success, or by hand, has nothing to tell.
    const isByItself = this.#window.closed.aborted && !this.#gone.signal.aborted && this.#phase === "searching";
    if (isByItself) this.#fail(this.#window.closed.reason);
  }

  #hear(heard: readonly Candidate[]): void {
    if (this.#tokens.size > tokensMax) this.#tokens.clear();
    this.#candidates = heard
      .filter((candidate) => this.#isShown(candidate))
      .slice(0, candidatesMax)
      .map((candidate) => ({
        token: this.#tokenOf(candidate.address),
        name: candidate.name?.slice(0, 248) ?? null,
        kind: deviceKindOf(candidate.driver),
        signal: barsOf(candidate.rssiDbm),
        isNear: candidate.isNear,
      }));
    this.#changed();
  }

  /** A device that no driver is known for yet may have more than it advertises; it is shown if it is at hand and has a name. */
  #isShown({ address, driver, isNear, name }: Candidate): boolean {
    if (this.#with.taken.has(address.toUpperCase())) return false;
    const kind = deviceKindOf(driver);
    return kind === null ? driver === null && isNear && name !== null : kind === this.#with.kind;
  }

  #tokenOf(address: string): string {
    for (const [token, known] of this.#tokens) if (known === address) return token;
    const token = makeToken();
    this.#tokens.set(token, address);
    return token;
  }

  #fail(error: unknown): void {
    this.#dialogue.clear();
    const known = error instanceof CarepostError ? error : null;
    this.#failure = { code: known?.code ?? "pairing-refused", mayRetry: known?.recovery !== "stop" };
    this.#turn("failed");
  }

  #turn(phase: PairingView["phase"]): void {
    this.#phase = phase;
    this.#changed();
  }

  #changed(): void {
    if (!this.#gone.signal.aborted) this.#with.onChange();
  }
}

/** How strongly it is heard, as bars: an arm's length gives all four. */
function barsOf(rssiDbm: number): number {
  return [-55, -65, -75, -85].filter((floorDbm) => rssiDbm >= floorDbm).length;
}
