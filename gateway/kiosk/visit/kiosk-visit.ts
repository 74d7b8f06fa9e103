import type { GatewayEvent } from "../../gateway-event.ts";
import type { PairedDevice } from "../../pairing/pairing-window.ts";
import type { AnswerPairing, DecideConsent, EnrolDevice, GoTo } from "../contract/requests.ts";
import type { DeviceKind, Language, VisitView } from "../contract/visit-view.ts";
import { kioskErrors } from "../kiosk-error.ts";
import type { Visit } from "../visit-desk.ts";
import { decide, meetAgain } from "./consent-step.ts";
import { enrol } from "./hand-over-step.ts";
import { IdleWatch } from "./idle-watch.ts";
import { Measuring } from "./measuring.ts";
import { farewell, type Progress, requireStep, type Scene, viewOf, type VisitHost } from "./progress.ts";
import { makeSecret } from "./token.ts";
import { audited, visitEnded, visitorDid } from "./visit-deeds.ts";
import { type BeforePairing, wasKnown } from "./visit-devices.ts";
import { hear, nameInSession, showTrend, takeInHand } from "./visit-events.ts";
import { VisitPairing } from "./visit-pairing.ts";

type End = NonNullable<VisitView["ended"]>;

const tickMs = 1_000;
/** How often a device that is waited for is asked whether it has something new. */
const callTicks = 10;

/**
 * One person's visit. What is asked of it is done one thing after another; what happens at the gateway is shown at once.
 * When it ends, by whatever reason, its progress is let go, and there is nothing left that knows of the person.
 */
export class KioskVisit implements Visit {
  readonly secret = makeSecret();
  readonly startedAt: number;
  readonly #startedMs: number;
  readonly #host: VisitHost;
  readonly #over = new AbortController();
  readonly #idle: IdleWatch;
  readonly #left: Pick<Progress, "who"> & { language: Language };
  #progress: Progress | null;
  #tail: Promise<unknown> = Promise.resolve();
  #why: End | null = null;
  #ending: Promise<void> | null = null;

  /** See `begin`. */
  constructor(host: VisitHost, progress: Progress) {
    this.#host = host;
    this.#progress = progress;
    this.#left = { who: progress.who, language: progress.language };
    this.startedAt = host.sources.now();
    this.#startedMs = host.sources.clock.monotonicMs();
    this.#idle = new IdleWatch(host.sources.clock, host.options);
  }

  /** Meets the person, and keeps an eye on the time from here on. */
  async begin(): Promise<void> {
    await meetAgain(this.#scene());
    void this.#keepTime();
  }

  get isOver(): boolean {
    return this.#why !== null;
  }

  /** Somebody else may begin a visit: this one was left. */
  get isLeft(): boolean {
    return this.isOver || this.#idle.isLeft(this.#isDeviceAtWork());
  }

  isOf(person: string): boolean {
    return this.#progress?.person === person;
  }

  get durationMs(): number {
    return Math.max(0, Math.round(this.#host.sources.clock.monotonicMs() - this.#startedMs));
  }

  view(): VisitView {
    const progress = this.#progress;
    if (progress === null || this.#why !== null) return farewell(this.#left, this.#why ?? "stopped");
    const { clock } = this.#host.sources;
    return viewOf(progress, this.#host.options, { nowMs: clock.monotonicMs(), endsInMs: this.#idle.endsInMs() });
  }

  touch(): void {
    if (this.isOver) return;
    const wasEnding = this.#idle.endsInMs() !== null;
    this.#idle.touch();
    if (wasEnding) this.#host.changed();
  }

  setLanguage(language: Language): Promise<void> {
    return this.#do(async ({ progress }) => {
      if (!this.#host.options.languages.includes(language)) {
        throw kioskErrors.make("visit-step-refused", "the kiosk does not speak this language");
      }
      progress.language = language;
      this.#left.language = language;
    });
  }

  async decideConsent(request: DecideConsent): Promise<void> {
    await this.#do(async (scene) => {
      requireStep(scene.progress, "consent");
      const decision = await decide(scene, request);
      if (decision === "given") scene.progress.step = "choose";
      // Not awaited here: it waits until this is done.
      else void this.end("refused");
    });
    await this.#ending;
  }

  chooseKind(kind: DeviceKind): Promise<void> {
    return this.#do(async ({ progress, host }) => {
      requireStep(progress, "choose", "pair", "measure", "result", "hand-over");
      if (!host.options.kinds.includes(kind)) {
        throw kioskErrors.make("visit-step-refused", "the kiosk does not measure this");
      }
      await progress.devices.refresh();
      this.#leaveDevice(progress);
      progress.kind = kind;
      progress.device = null;
      progress.step = "choose";
    });
  }

  openPairing(): Promise<void> {
    return this.#do(async ({ progress, host, over }) => {
      requireStep(progress, "choose", "pair", "measure");
      const { kind, devices } = progress;
      if (kind === null) throw kioskErrors.make("visit-step-refused", "no kind of device was chosen");
      await devices.refresh();
      this.#leaveDevice(progress);
      over.throwIfAborted();
      const { clock, pairing: desk } = host.sources;
      progress.pairing = new VisitPairing({
        desk,
        clock,
        kind,
        durationMs: host.options.pairingMs,
        taken: devices.kioskAddresses,
        before: (address) => devices.beforePairing(address),
        onChange: () => host.changed(),
        onPaired: (paired, before) => this.#paired(paired, kind, before),
      });
      progress.step = "pair";
    });
  }

  choosePairing(token: string): Promise<void> {
    return this.#do(async ({ progress }) => {
      requireStep(progress, "pair");
      progress.pairing?.choose(token);
    });
  }

  answerPairing(answer: AnswerPairing): Promise<void> {
    return this.#do(async ({ progress }) => {
      requireStep(progress, "pair");
      progress.pairing?.answer(answer);
    });
  }

  closePairing(): Promise<void> {
    return this.#do(async ({ progress }) => {
      requireStep(progress, "pair");
      this.#leaveDevice(progress);
      progress.step = "choose";
    });
  }

  measure(token: string): Promise<void> {
    return this.#do(async (scene) => {
      const { progress, host } = scene;
      requireStep(progress, "choose", "pair", "measure", "result", "hand-over");
      const { kind, devices } = progress;
      if (kind === null) throw kioskErrors.make("visit-step-refused", "no kind of device was chosen");
      await devices.refresh();
      const device = devices.find(token, host.options.kinds);
      this.#leaveDevice(progress);
      progress.kind = device.kind;
      progress.device = token;
      this.#waitForReading(scene);
    });
  }

  enrol(request: EnrolDevice): Promise<void> {
    return this.#do((scene) => enrol(scene, request));
  }

  async goTo({ step }: GoTo): Promise<void> {
    await this.#do(async (scene) => {
      const { progress } = scene;
      if (step === "goodbye") {
        void this.end(progress.consent === null ? "cancelled" : "done");
        return;
      }
      if (progress.consent === null) requireStep(progress, step);
      if (step === "result" && progress.results.count === 0) requireStep(progress, "result");
      if (step === "measure" && progress.device === null) requireStep(progress, "measure");
      this.#show(scene, step);
    });
    await this.#ending;
  }

  end(why: End): Promise<void> {
    this.#ending ??= this.#end(why);
    return this.#ending;
  }

  /** What happened at the gateway. */
  hear(event: GatewayEvent): void {
    if (this.#progress === null || this.isOver) return;
    if (hear(this.#scene(), event)) this.#idle.touch();
  }

  async #end(why: End): Promise<void> {
    this.#why = why;
    const progress = this.#progress;
    progress?.pairing?.close();
    this.#over.abort(kioskErrors.make("visit-over", "the visit has ended"));
    this.#host.changed();
    await this.#tail;
    if (progress !== null) await this.#close(progress, why);
    this.#progress = null;
    this.#host.changed();
  }

  async #close({ session, sessions, devices, pairing }: Progress, why: End): Promise<void> {
    pairing?.close();
    const { sources, owe, forget } = this.#host;
    if (session !== null) {
      const deed = visitEnded({ gateway: sources.gateway, at: sources.now() }, [...sessions.values()], why);
      await sources.store.record(deed).catch(() => owe(deed));
    }
    for (const own of devices.own) {
      if (!wasKnown(own) && !own.isEnrolled) forget(own.deviceId ?? own.paired.address);
    }
  }

  /** A pairing has come to its end: maybe after the visit has, and then nothing of it stays. */
  #paired(paired: PairedDevice, kind: DeviceKind, before: BeforePairing): void {
    const progress = this.#progress;
    const device = paired.look?.deviceId ?? null;
    if (progress === null || this.isOver) {
      if (!wasKnown({ before, paired, deviceId: device })) this.#host.forget(device ?? paired.address);
      return;
    }
    const pairedMs = this.#host.sources.clock.monotonicMs();
    const { token } = progress.devices.add(paired, { kind, pairedMs, before });
    progress.device = token;
    this.#idle.touch();
    const { now } = this.#host.sources;
    const session = progress.session?.id ?? null;
    if (device !== null) nameInSession(this.#scene(), device);
    this.#host.owe(audited(visitorDid(now(), "device-paired", { device, session, method: paired.method })));
    void progress.devices.refresh().then(
      () => this.#host.changed(),
      () => undefined,
    );
  }

  #show(scene: Scene, step: Exclude<GoTo["step"], "goodbye">): void {
    const { progress } = scene;
    if (step === "measure") {
      if (progress.step !== "measure") this.#waitForReading(scene);
      return;
    }
    this.#leaveDevice(progress);
    progress.step = step;
    if (step === "result" || step === "hand-over") void showTrend(scene);
  }

  #waitForReading(scene: Scene): void {
    const { progress, host } = scene;
    const { clock } = host.sources;
    const { kind, device, devices } = progress;
    if (kind === null || device === null) return;
    this.#leaveDevice(progress);
    progress.measuring = new Measuring(kind, clock.monotonicMs());
    progress.step = "measure";
    const { condition } = host.sources.supervisor.state();
    if (condition === "down") progress.measuring.fail("adapter-absent", true);
    const deviceId = devices.idOf(device);
    if (deviceId !== null) takeInHand(scene, deviceId);
    this.#callDevice(progress);
  }

  /** A device that stays awake is asked again and again only while somebody waits for it; else the collector leaves it alone. */
  #callDevice({ device, devices, measuring }: Progress): void {
    if (device === null || measuring?.isWaiting !== true) return;
    const address = devices.addressOf(device);
    if (address !== null) this.#host.sources.collector.expect(address);
  }

  /** The device that was at work is let be. */
  #leaveDevice(progress: Progress): void {
    progress.pairing?.close();
    progress.pairing = null;
    progress.measuring = null;
  }

  #isDeviceAtWork(): boolean {
    const progress = this.#progress;
    if (progress === null) return false;
    if (progress.step === "pair") return progress.pairing?.isOpen ?? false;
    return progress.step === "measure" && progress.measuring?.hasFailed === false;
  }

  /** One thing after another, and nothing once the visit is over. */
  #do(work: (scene: Scene) => Promise<void>): Promise<void> {
    this.touch();
    const done = this.#doAfter(this.#tail, work);
    this.#tail = done.catch(() => undefined);
    return done;
  }

  async #doAfter(before: Promise<unknown>, work: (scene: Scene) => Promise<void>): Promise<void> {
    await before;
    if (this.isOver) throw kioskErrors.make("visit-over", "the visit has ended");
    await work(this.#scene());
    this.#host.changed();
  }

  #scene(): Scene {
    if (this.#progress === null) throw kioskErrors.make("visit-over", "the visit has ended");
    return { host: this.#host, progress: this.#progress, over: this.#over.signal };
  }

  async #keepTime(): Promise<void> {
    const { clock } = this.#host.sources;
    for (let ticks = 1; !this.isOver; ticks += 1) {
      await clock.sleep(tickMs, this.#over.signal).catch(() => undefined);
      if (this.isOver) return;
      if (ticks % callTicks === 0 && this.#progress !== null) this.#callDevice(this.#progress);
      const state = this.#idle.look(this.#isDeviceAtWork());
      if (state === "end") return void this.end("timed-out");
      const isCounting = state === "warn" || (this.#progress?.pairing?.isOpen ?? false);
      if (isCounting) this.#host.changed();
    }
  }
}
