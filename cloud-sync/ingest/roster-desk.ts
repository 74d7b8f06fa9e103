import { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import type { Clock, Random } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import { type EncodedMessage, encodeMessage, sourceOfIngestor } from "../contract/cloud-event.ts";
import type { Command, GatewayState } from "../contract/control.ts";
import type { Roster } from "../contract/roster.ts";
import { Wakeup } from "../uplink/wakeup.ts";
import { HeardGateways } from "./heard-gateways.ts";
import { RecentMap } from "./recent-map.ts";
import type { RosterBook, RosterDue } from "./roster-book.ts";
import type { Source } from "./source.ts";

/**
 * Sees to it that every home hub follows its roster: sends it as a command when it has changed, when a hub says that it
 * follows another, and again until the hub's state says that it follows this one. Any number of ingestors do so over one
 * sink: one version is one content, and a hub that has it already does nothing, so nobody has to agree with anybody.
 */
export interface RosterDesk {
  /** A state that is valid. Quick, and never throws. */
  hearState(gateway: string, state: GatewayState): void;
  /** A roster may have changed: looks soon. */
  changed(): void;
  /** Works until the signal is aborted. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

export interface RosterDeskPorts {
  readonly rosters: RosterBook;
  readonly source: Pick<Source, "command">;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Of the ingestor, unique to this start of the program. */
  readonly name: string;
}

export interface RosterDeskLimits {
  /** So often the sink is asked what is outstanding, which another ingestor may have changed, and for so much of it. */
  readonly lookMs: number;
  readonly pageMax: number;
  /** Two looks are at least so far apart. */
  readonly gatherMs: number;
  /** States that wait to be compared with the sink. Of those beyond it the next state tells, or the next look. */
  readonly heardMax: number;
  /** Gateways whose last word is remembered, of some 150 bytes each: a million of them would be told of in turn. */
  readonly gatewaysMax: number;
  /** A hub that does not show its roster gets it again after this time, doubled for each time, up to the second. */
  readonly againFirstMs: number;
  readonly againMaxMs: number;
  readonly sendsAtOnceMax: number;
}

export const rosterDeskLimits: RosterDeskLimits = {
  lookMs: 2_000,
  pageMax: 2_000,
  gatherMs: 100,
  heardMax: 10_000,
  gatewaysMax: 100_000,
  againFirstMs: 15_000,
  againMaxMs: 900_000,
  sendsAtOnceMax: 16,
};

export const createRosterDesk = (ports: RosterDeskPorts, limits: RosterDeskLimits = rosterDeskLimits): RosterDesk =>
  new BookDesk(ports, limits);

interface Sent {
  readonly version: number;
  readonly times: number;
  readonly dueMs: number;
}

class BookDesk implements RosterDesk {
  readonly #ports: RosterDeskPorts;
  readonly #limits: RosterDeskLimits;
  readonly #gateways: HeardGateways;
  /** What was sent and is not shown yet. */
  readonly #sent: RecentMap<Sent>;
  readonly #bell: Wakeup;
  #afterGateway = "";

  constructor(ports: RosterDeskPorts, limits: RosterDeskLimits) {
    this.#ports = ports;
    this.#limits = limits;
    this.#gateways = new HeardGateways(limits);
    this.#sent = new RecentMap(limits.gatewaysMax);
    this.#bell = new Wakeup(ports.clock);
  }

  hearState(gateway: string, state: GatewayState): void {
    if (this.#gateways.hear(gateway, state)) this.#bell.notify();
  }

  changed(): void {
    this.#bell.notify();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#ports;
    const { lookMs, gatherMs } = this.#limits;
    while (!signal.aborted) {
      try {
        await this.#look(signal);
      } catch (error) {
        log.warn("rosters-not-looked-at", { code: error instanceof CarepostError ? error.code : "unknown" });
      }
      await clock.sleep(gatherMs, signal).catch(() => undefined);
      await this.#bell.wait(lookMs, signal).catch(() => undefined);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const due = new Map<string, number>();
    for (const { gateway, version } of await this.#heard()) due.set(gateway, version);
    for (const { gateway, version } of await this.#page()) due.set(gateway, version);
    const ready = [...due].filter(([gateway, version]) => this.#isReady({ gateway, version }));
    const { sendsAtOnceMax } = this.#limits;
    for (let from = 0; from < ready.length && !signal.aborted; from += sendsAtOnceMax) {
      await Promise.all(ready.slice(from, from + sendsAtOnceMax).map(([gateway]) => this.#send(gateway)));
    }
  }

  /** What gateways said is compared with the sink; while the sink is away, it is kept for later. */
  async #heard(): Promise<readonly RosterDue[]> {
    const heard = this.#gateways.take();
    if (heard.length === 0) return [];
    try {
      const due = await this.#ports.rosters.hear(heard);
      const waiting = new Set(due.map(({ gateway }) => gateway));
      for (const { gateway } of heard) if (!waiting.has(gateway)) this.#sent.delete(gateway);
      return due;
    } catch (error) {
      this.#gateways.putBack(heard);
      throw error;
    }
  }

  /** One page a look, from where the last one ended, and from the start again after the last. */
  async #page(): Promise<readonly RosterDue[]> {
    const { pageMax: limit } = this.#limits;
    const page = await this.#ports.rosters.outstanding({ afterGateway: this.#afterGateway, limit });
    this.#afterGateway = page.length < limit ? "" : (page.at(-1)?.gateway ?? "");
    return page;
  }

  #isReady({ gateway, version }: RosterDue): boolean {
    if (!this.#gateways.mayFollow(gateway)) return false;
    const sent = this.#sent.get(gateway);
    return sent === undefined || sent.version !== version || sent.dueMs <= this.#ports.clock.monotonicMs();
  }

  async #send(gateway: string): Promise<void> {
    const { rosters, source, clock, log } = this.#ports;
    const roster = await rosters.roster(gateway);
    if (roster === null) return;
    const before = this.#sent.get(gateway);
    const times = before?.version === roster.version ? before.times + 1 : 1;
    if (!(await source.command(gateway, this.#message(roster, times)))) return;
    const { againFirstMs, againMaxMs } = this.#limits;
    const dueMs = clock.monotonicMs() + Math.min(againMaxMs, againFirstMs * 2 ** (times - 1));
    this.#sent.set(gateway, { version: roster.version, times, dueMs });
    log.info("roster-sent", { gateway, version: roster.version, assignments: roster.assignments.length });
  }

  /** The first has the same id whoever sends it, so a hub takes it once; a later one is not taken for what failed before. */
  #message(roster: Roster, times: number): EncodedMessage {
    const { clock, random, name } = this.#ports;
    const again = times === 1 ? "" : `-${times}-${Math.floor(random() * 2 ** 32).toString(36)}`;
    const id = `roster-${roster.version}${again}`;
    const command: Command = { v: 1, id, name: "roster", roster };
    const at = Math.round(clock.now());
    return encodeMessage("cloudevents", { kind: "commands", id, source: sourceOfIngestor(name), at }, command);
  }
}
