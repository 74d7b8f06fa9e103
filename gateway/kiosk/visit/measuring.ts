import type { GatewayEvent } from "../../gateway-event.ts";
import type { DeviceKind, MeasuringView } from "../contract/visit-view.ts";
import { deviceKindOf } from "./device-kind.ts";

type SessionEnded = Extract<GatewayEvent, { readonly type: "session-ended" }>;

/** A device that is awake is asked at once, before anybody has had the time to measure: that it has nothing says nothing. */
const settlingMs = 30_000;

/** The wait for a reading of one device, as the screen shows it. */
export class Measuring {
  readonly #kind: DeviceKind;
  readonly #startedMs: number;
  #phase: MeasuringView["phase"] = "waiting";
  #failure: MeasuringView["failure"] = null;
  /** It stays until something can be shown: the person is told to measure again. */
  #doubt: string | null = null;
  #connectedMs = -Infinity;

  constructor(kind: DeviceKind, nowMs: number) {
    this.#kind = kind;
    this.#startedMs = nowMs;
  }

  get isWaiting(): boolean {
    return this.#phase === "waiting" || this.#phase === "nothing";
  }

  get hasFailed(): boolean {
    return this.#phase === "failed";
  }

  view(nowMs: number): MeasuringView {
    return { phase: this.#phase, failure: this.#failure, waitedMs: Math.max(0, Math.round(nowMs - this.#startedMs)) };
  }

  connected(driver: string, nowMs: number): void {
    if (deviceKindOf(driver) !== this.#kind) return;
    this.#connectedMs = nowMs;
    this.#turn("receiving");
  }

  /** A reading came that may be of this visit, and cannot be shown: by this code. */
  sawDoubtful(code: string): void {
    this.#doubt = code;
  }

  /** @param deviceId of the device that is waited for; null while it has not said who it is */
  ended(event: SessionEnded, deviceId: string | null): void {
    const isOurs = event.deviceId === null || deviceId === null || event.deviceId === deviceId;
    if (deviceKindOf(event.driver) !== this.#kind || (this.#phase !== "receiving" && !isOurs)) return;
    if (!isOurs) return this.#turn("waiting");
    if (event.failure !== null) return this.fail(event.failure, event.failure !== "bond-lost");
    if (this.#doubt !== null) return this.fail(this.#doubt, true);
    this.#turn(this.#connectedMs - this.#startedMs < settlingMs ? "waiting" : "nothing");
  }

  fail(code: string, mayRetry: boolean): void {
    this.#failure = { code: code.slice(0, 64), mayRetry };
    this.#phase = "failed";
  }

  /** What stood in the way is gone. */
  resume(): void {
    if (this.#phase === "failed") this.#turn("waiting");
  }

  #turn(phase: MeasuringView["phase"]): void {
    this.#phase = phase;
    this.#failure = null;
  }
}
