import { Wakeup } from "../../cloud-sync/uplink/wakeup.ts";
import type { Clock, Random } from "../../device-drivers/ports/clock.ts";
import type { Advertisement, GattLink, Radio } from "../../device-drivers/ports/gatt.ts";
import { abortable } from "../radio/abortable.ts";
import { AdvertisementInbox } from "../radio/advertisement-inbox.ts";
import type { ManagedRadio } from "../radio/managed-radio.ts";
import type { Part } from "../run-parts.ts";
import { AdapterChoice } from "./adapter-choice.ts";
import { adapterName, RadioReport, type RadioReportPorts, type RadioState } from "./radio-state.ts";
import { type RadioTrouble, RadioWatch } from "./radio-watch.ts";
import { ladderFor, type RepairStep } from "./repair-ladder.ts";
import { RadioRepairs } from "./radio-repairs.ts";
import type { SupervisionOptions } from "./supervision-options.ts";

export interface SupervisorPorts extends RadioReportPorts {
  readonly clock: Clock;
  readonly random: Random;
}

/** The radios of a gateway as one that heals. It hears and repairs while `run` runs; until then it hears nothing. */
export interface RadioSupervisor extends Part {
  /** Its hearing never fails, and goes on through every repair. A connection waits for a repair that is under way. */
  readonly radio: Radio;
  /** The radio in use, for what is asked beyond GATT. No repair cuts a pairing that is made with it. */
  active(): ManagedRadio;
  state(): RadioState;
}

/**
 * Watches the radios, the first of which is to be used where it can. One that hears nothing for too long, or cannot be
 * listened to, is repaired step by step: each step is bounded, watched for an advertisement, counted and logged. A
 * session that moves is never disturbed. When nothing helped, the operator is told, and the next climb waits, longer each
 * time: it may be that nobody is near. Whatever is heard ends the trouble at once.
 * @param radios one or more
 */
export function superviseRadios(
  radios: readonly ManagedRadio[],
  options: SupervisionOptions,
  ports: SupervisorPorts,
): RadioSupervisor {
  return new Supervisor(radios, options, ports);
}

/** A trouble, from when it was noticed until something is heard again. */
interface Episode {
  readonly trouble: RadioTrouble;
  readonly startedMs: number;
  /** It was told that the hour's repairs are spent. */
  isSpent: boolean;
}

/** How often a radio in trouble is looked at. */
const troubledTickMs = 5_000;
/** A hearing that fails may be the first sign of an adapter or a daemon that ends: the radio tells of that within this. */
const graceMs = 3_000;

class Supervisor implements RadioSupervisor {
  readonly name = "radio supervisor";
  readonly radio: Radio;
  readonly #options: SupervisionOptions;
  readonly #clock: Clock;
  readonly #report: RadioReport;
  readonly #adapters: AdapterChoice;
  readonly #repairs: RadioRepairs;
  readonly #wakeup: Wakeup;
  readonly #inboxes = new Set<AdvertisementInbox>();
  #episode: Episode | null = null;
  /** How many climbs in a row brought nothing. */
  #climbs = 0;
  #nextClimbMs = -Infinity;
  #troubledMs = -Infinity;
  #mended: { readonly step: RepairStep; readonly atMs: number } | null = null;

  constructor(radios: readonly ManagedRadio[], options: SupervisionOptions, ports: SupervisorPorts) {
    const { clock, random } = ports;
    this.#options = options;
    this.#clock = clock;
    this.#report = new RadioReport(ports);
    this.#wakeup = new Wakeup(clock);
    const onChange = (): void => this.#wakeup.notify();
    const watches = radios.map((radio) => {
      const watch: RadioWatch = new RadioWatch(radio, {
        clock,
        random,
        options,
        onHeard: (advertisement) => this.#heard(watch, advertisement),
        onChange,
      });
      return watch;
    });
    this.#repairs = new RadioRepairs({ clock, options, report: this.#report, watches });
    this.#adapters = new AdapterChoice({ clock, options, report: this.#report, watches, repairs: this.#repairs });
    this.radio = {
      advertisements: (signal) => this.#advertisements(signal),
      connect: (address, signal) => this.#connect(address, signal),
    };
  }

  active(): ManagedRadio {
    return this.#adapters.active.guarded;
  }

  state(): RadioState {
    const { radio, silentMs, trouble } = this.#adapters.active;
    return {
      kind: radio.kind,
      adapter: adapterName(radio),
      condition: this.#report.condition,
      trouble: this.#episode?.trouble ?? trouble,
      silentMs: Math.round(silentMs),
      repairs: this.#report.counts,
      adapters: this.#adapters.all.map((watch) => ({ adapter: adapterName(watch.radio), trouble: watch.trouble })),
    };
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#adapters.active.listen();
    await Promise.all([...this.#adapters.all.map((watch) => watch.run(signal)), this.#govern(signal)]);
  }

  /** Hears from the call on, so that nothing is missed until the first value is asked for. */
  #advertisements(signal: AbortSignal): AsyncIterable<Advertisement> {
    const inbox = new AdvertisementInbox();
    if (signal.aborted) return inbox.take(signal);
    this.#inboxes.add(inbox);
    signal.addEventListener("abort", () => this.#inboxes.delete(inbox), { once: true });
    return this.#taken(inbox, signal);
  }

  async *#taken(inbox: AdvertisementInbox, signal: AbortSignal): AsyncGenerator<Advertisement, void> {
    try {
      yield* inbox.take(signal);
    } finally {
      this.#inboxes.delete(inbox);
    }
  }

  async #connect(address: string, signal: AbortSignal): Promise<GattLink> {
    const watch = this.#adapters.active;
    await abortable(this.#repairs.untilRepaired(watch), signal);
    return await watch.guarded.connect(address, signal);
  }

  #heard(watch: RadioWatch, advertisement: Advertisement): void {
    for (const inbox of this.#inboxes) inbox.put(advertisement);
    if (advertisement.isLeftConnected === true) return;
    if (this.#report.condition === "up" && this.#episode === null) return;
    if (watch === this.#adapters.active) this.#report.turned("up", adapterName(watch.radio), null);
    this.#wakeup.notify();
  }

  async #govern(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#look(signal);
      await this.#wakeup.wait(this.#tickMs(), signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    }
  }

  #tickMs(): number {
    const { checkMs } = this.#options;
    if (this.#episode === null && this.#report.condition === "up") return checkMs;
    const untilClimbMs = this.#nextClimbMs - this.#clock.monotonicMs();
    return untilClimbMs > 0 ? Math.min(untilClimbMs, troubledTickMs, checkMs) : Math.min(troubledTickMs, checkMs);
  }

  async #look(signal: AbortSignal): Promise<void> {
    const watch = this.#adapters.active;
    const { trouble } = watch;
    if (this.#isWell(watch)) {
      this.#well(watch);
      await this.#adapters.considerReturn(signal);
      return;
    }
    this.#troubledMs = this.#clock.monotonicMs();
    if (trouble !== null && trouble !== this.#episode?.trouble) this.#begin(watch, trouble);
    if (this.#episode !== null && this.#mayClimb(this.#episode)) await this.#climb(this.#episode, signal);
  }

  /** Silence ends when something is heard; any other trouble also when the radio listens without a fault. */
  #isWell(watch: RadioWatch): boolean {
    const episode = this.#episode;
    if (episode === null || episode.trouble !== "silent") return watch.trouble === null;
    return watch.heardMs >= episode.startedMs;
  }

  #well(watch: RadioWatch): void {
    const nowMs = this.#clock.monotonicMs();
    if (this.#episode !== null) {
      this.#episode = null;
      // It came back by itself: if it falls silent again, that is looked into before hours have passed.
      this.#nextClimbMs = Math.min(this.#nextClimbMs, nowMs + this.#options.climbPauseMs);
    }
    if (nowMs - this.#troubledMs >= this.#options.steadyMs) this.#climbs = 0;
    // Before anything is heard, only a radio that has listened for a while is up.
    if (watch.isSettled) this.#report.turned("up", adapterName(watch.radio), null);
  }

  #begin(watch: RadioWatch, trouble: RadioTrouble): void {
    const nowMs = this.#clock.monotonicMs();
    this.#episode = { trouble, startedMs: nowMs, isSpent: false };
    if (trouble === "silent") return;
    // What the radio itself tells is no matter of patience.
    this.#nextClimbMs = trouble === "unheard" ? nowMs + graceMs : nowMs;
    this.#report.turned("down", adapterName(watch.radio), watch.faultCode);
  }

  #mayClimb(episode: Episode): boolean {
    if (this.#clock.monotonicMs() < this.#nextClimbMs) return false;
    if (this.#repairs.hasRoomFor(this.#ladder(episode).length)) return true;
    if (!episode.isSpent) this.#report.spent(adapterName(this.#adapters.active.radio));
    episode.isSpent = true;
    return false;
  }

  #ladder({ trouble }: Episode): readonly RepairStep[] {
    const { rungs } = this.#adapters.active.radio;
    const mended = this.#mended;
    const isRecent = mended !== null && this.#clock.monotonicMs() - mended.atMs < this.#options.steadyMs;
    if (this.#options.repairsPerHourMax === 0) return [];
    return ladderFor(trouble, {
      rungs,
      hasOther: this.#adapters.all.length > 1,
      mendedLast: isRecent ? mended.step : null,
    });
  }

  async #climb(episode: Episode, signal: AbortSignal): Promise<void> {
    const ladder = this.#ladder(episode);
    for (const step of ladder) {
      const watch = this.#adapters.active;
      await this.#repairs.untilStill(watch, { step, trouble: episode.trouble, signal });
      if (signal.aborted || this.#isWell(watch)) return;
      const isMended =
        step === "switch-adapter"
          ? await this.#adapters.fallBack(episode.trouble, signal)
          : await this.#repairs.take(watch, { step, trouble: episode.trouble, signal });
      if (signal.aborted) return;
      if (isMended) {
        this.#mendedBy(step);
        return;
      }
      // What the radio has told of itself meanwhile asks for another ladder.
      const { trouble } = watch;
      if (trouble !== null && trouble !== "silent" && trouble !== episode.trouble) return;
    }
    this.#climbed(episode, ladder.length);
  }

  #mendedBy(step: RepairStep): void {
    this.#episode = null;
    this.#climbs = 0;
    this.#nextClimbMs = -Infinity;
    this.#mended = { step, atMs: this.#clock.monotonicMs() };
    this.#report.turned("up", adapterName(this.#adapters.active.radio), null);
  }

  #climbed({ trouble }: Episode, steps: number): void {
    const { climbPauseMs, climbPauseMsMax } = this.#options;
    this.#climbs += 1;
    const delayMs = Math.min(climbPauseMsMax, climbPauseMs * 2 ** Math.min(this.#climbs - 1, 16));
    this.#nextClimbMs = this.#clock.monotonicMs() + delayMs;
    const adapter = adapterName(this.#adapters.active.radio);
    this.#report.turned(trouble === "silent" ? "silent" : "down", adapter, null);
    if (steps > 0) this.#report.climbed(this.#climbs, { adapter, delayMs });
  }
}
