import { forgetAudited } from "../../care/forget-audited.ts";
import type { GatewayEvent } from "../../gateway-event.ts";
import type { PageSources } from "../../page-sources.ts";
import type { Deed } from "../../store/store.ts";
import type { KioskView } from "../contract/kiosk-view.ts";
import type { StartVisit } from "../contract/requests.ts";
import { kioskErrors } from "../kiosk-error.ts";
import type { Visit, VisitDesk } from "../visit-desk.ts";
import { KioskVisit } from "./kiosk-visit.ts";
import { endOpenSessions } from "./open-sessions.ts";
import type { Progress, VisitHost } from "./progress.ts";
import { VisitDevices } from "./visit-devices.ts";
import { defaultVisitOptions, type VisitOptions } from "./visit-options.ts";
import { VisitResults } from "./visit-results.ts";

/** A desk that runs: `run` looks after what visits have left, and ends the one that is under way when it is stopped. */
export interface RunningVisitDesk extends VisitDesk {
  readonly name: string;
  /** Resolves when the signal is aborted and no visit is under way any more. */
  run(signal: AbortSignal): Promise<void>;
}

/** Where people are led through a visit, one at a time. It hears of the gateway from here on until `run` has ended. */
export function createVisitDesk(sources: PageSources, options: Partial<VisitOptions> = {}): RunningVisitDesk {
  return new KioskDesk(sources, { ...defaultVisitOptions, ...options });
}

/** How often the store is asked whether it takes readings, and what is owed to it is tried again. */
const lookMs = 5_000;
const owedMax = 64;

class KioskDesk implements RunningVisitDesk {
  readonly name = "kiosk";
  readonly #sources: PageSources;
  readonly #options: VisitOptions;
  readonly #host: VisitHost;
  readonly #listeners = new Set<() => void>();
  readonly #deaf: () => void;
  readonly #stop = new AbortController();
  /** What could not be made durable yet, in its order. */
  #owed: readonly Deed[] = [];
  #paying: Promise<void> = Promise.resolve();
  readonly #forgetting = new Set<Promise<void>>();
  readonly #farewells = new WeakSet<KioskVisit>();
  /** What an earlier run has left open was ended: until then nobody's visit may begin. */
  #isTidy = false;
  #isStoreFull = false;
  #visit: KioskVisit | null = null;
  #beginning: Promise<Visit> | null = null;

  constructor(sources: PageSources, options: VisitOptions) {
    this.#sources = sources;
    this.#options = options;
    this.#host = {
      sources,
      options,
      changed: () => this.#changed(),
      owe: (deed) => this.#owe(deed),
      forget: (device) => this.#forget(device),
    };
    this.#deaf = sources.events.listen((event) => this.#hear(event));
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        await this.#look();
        await this.#sources.clock.sleep(lookMs, signal).catch(() => undefined);
      }
    } finally {
      this.#stop.abort();
      // One that is being begun just now is ended like any other.
      await this.#beginning?.catch(() => undefined);
      await this.#visit?.end("stopped");
      this.#visit = null;
      this.#deaf();
      await this.#pay();
      await Promise.allSettled(this.#forgetting);
      this.#changed();
    }
  }

  kiosk(): ReturnType<VisitDesk["kiosk"]> {
    const { profile, languages, glucoseUnit, kinds, emergencyNumber, isDemo } = this.#options;
    const { version, forwarder } = this.#sources;
    return {
      profile,
      languages: [...languages],
      glucoseUnit,
      kinds: [...kinds],
      emergencyNumber,
      isDemo,
      version: version.slice(0, 32),
      isBusy: this.#visit !== null && !this.#visit.isOver,
      outOfOrder: this.#outOfOrder(),
      uplink: forwarder.status().connection === null ? "disconnected" : "connected",
    };
  }

  current(): Visit | null {
    return this.#visit;
  }

  onChange(listener: () => void): () => void {
    const own = (): void => listener();
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  async begin(request: StartVisit): Promise<Visit> {
    if (this.#beginning !== null) throw kioskErrors.make("kiosk-in-use", "a visit is being begun already");
    this.#beginning = this.#begin(request);
    try {
      return await this.#beginning;
    } finally {
      this.#beginning = null;
    }
  }

  async #begin(request: StartVisit): Promise<Visit> {
    await this.#look();
    const reason = this.#outOfOrder();
    if (reason !== null || this.#stop.signal.aborted) {
      const context = { reason: reason ?? "stopping" };
      throw kioskErrors.make("kiosk-out-of-order", "the kiosk takes no visits just now", { context });
    }
    if (this.#visit?.isLeft === false) throw kioskErrors.make("kiosk-in-use", "somebody else's visit is under way");
    await this.#visit?.end("timed-out");
    const visit = new KioskVisit(this.#host, this.#progressOf(request));
    await visit.begin();
    this.#visit = visit;
    this.#sources.log.info("visit-started");
    this.#changed();
    return visit;
  }

  #progressOf({ person, language }: StartVisit): Progress {
    const { languages, kinds } = this.#options;
    const { store, random } = this.#sources;
    const reference = person ?? `guest-${guestDigits(random)}`;
    return {
      person: reference,
      who: person === null ? "guest" : "person",
      step: "consent",
      language: languages.includes(language) ? language : (languages[0] ?? language),
      consent: null,
      session: null,
      sessionMs: 0,
      sessions: new Map(),
      kind: kinds.length === 1 ? (kinds[0] ?? null) : null,
      device: null,
      devices: new VisitDevices(store, reference),
      chosen: new Set(),
      heardOut: new Set(),
      pairing: null,
      measuring: null,
      results: new VisitResults(),
      trend: null,
      hasViewed: false,
    };
  }

  #outOfOrder(): KioskView["outOfOrder"] {
    if (this.#sources.supervisor.state().condition === "down") return "radio-down";
    return this.#isStoreFull || !this.#isTidy || this.#owed.length > 0 ? "store-full" : null;
  }

  #hear(event: GatewayEvent): void {
    if (event.type === "alarm") this.#isStoreFull = event.alarm !== null;
    this.#visit?.hear(event);
    if (shownEvents.has(event.type)) this.#changed();
  }

  /** A visit that has ended says goodbye for a while, and is gone then. */
  #changed(): void {
    const visit = this.#visit;
    if (visit?.isOver === true && !this.#farewells.has(visit)) {
      this.#farewells.add(visit);
      this.#sources.log.info("visit-ended", { reason: visit.view().ended, durationMs: visit.durationMs });
      void this.#sayGoodbye(visit);
    }
    for (const listener of this.#listeners) listener();
  }

  async #sayGoodbye(visit: KioskVisit): Promise<void> {
    await this.#sources.clock.sleep(this.#options.goodbyeMs, this.#stop.signal).catch(() => undefined);
    if (this.#visit !== visit) return;
    this.#visit = null;
    this.#changed();
  }

  async #look(): Promise<void> {
    const before = this.#outOfOrder();
    await this.#pay();
    if (!this.#isTidy) await this.#tidy();
    const counts = await this.#sources.store.counts().catch(() => null);
    this.#isStoreFull = counts === null || counts.alarm !== null;
    if (before !== this.#outOfOrder()) this.#changed();
  }

  async #tidy(): Promise<void> {
    try {
      await endOpenSessions(this.#sources);
      this.#isTidy = true;
    } catch {
      // The store takes nothing just now, so no visit begins; the next look tries again.
    }
  }

  #owe(deed: Deed): void {
    this.#owed = [...this.#owed, deed].slice(-owedMax);
    void this.#pay();
  }

  #pay(): Promise<void> {
    this.#paying = this.#payAfter(this.#paying);
    return this.#paying;
  }

  /** One after the other, so that each deed is made once and in its order. */
  async #payAfter(before: Promise<void>): Promise<void> {
    await before;
    for (let deed = this.#owed[0]; deed !== undefined; deed = this.#owed[0]) {
      try {
        await this.#sources.store.record(deed);
      } catch {
        // It is kept, and tried again with the next look.
        return;
      }
      this.#owed = this.#owed.slice(1);
      if (this.#owed.length === 0) this.#changed();
    }
  }

  #forget(device: string): void {
    const { now, gateway } = this.#sources;
    const place = { at: now(), actor: "gateway", gateway: () => gateway };
    const work = forgetAudited(this.#sources, place, device).then(
      () => undefined,
      () => this.#sources.log.warn("visit-device-left", { reason: "not-forgotten" }),
    );
    this.#forgetting.add(work);
    void work.finally(() => this.#forgetting.delete(work));
  }
}

/** What may show on the kiosk's first screen, or on a visit's. */
const shownEvents: ReadonlySet<GatewayEvent["type"]> = new Set<GatewayEvent["type"]>([
  "reading-stored",
  "session-started",
  "session-ended",
  "alarm",
  "radio",
  "radio-adapter",
  "uplink",
  "bond",
  "clock",
]);

const digits = "0123456789abcdefghjkmnpqrstvwxyz";

/** 80 bits of chance, in letters that cannot be mistaken for each other. */
const guestDigits = (random: PageSources["random"]): string =>
  Array.from({ length: 16 }, () => digits[Math.floor(random() * digits.length)] ?? "0").join("");
