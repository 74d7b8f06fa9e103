import { z } from "zod";
import type { Clock } from "../device-drivers/ports/clock.ts";
import type { Log } from "../device-drivers/ports/log.ts";
import { ClockTrust, type ClockChange, type TrustedEpoch } from "./collect/clock-trust.ts";
import type { CollectOptions } from "./collect/collect-options.ts";
import { slotsLeftAlone } from "./collect/left-alone.ts";
import { restampWith } from "./collect/restamp.ts";
import { byClockOf, previousCollection } from "./collect/session-history.ts";
import type { SiteZone } from "./collect/site-zone.ts";
import type { GatewayListener } from "./gateway-event.ts";
import type { Part } from "./run-parts.ts";
import type { Store } from "./store/store.ts";

export interface ClockKeeperComponents {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly bootId: string;
  readonly zone: SiteZone;
  readonly options: CollectOptions;
  /** See `ClockEvidence`. */
  readonly synchronisation: () => string | null;
  readonly assumeSynchronised: boolean;
  readonly onEvent: GatewayListener;
  /** Called when the state of the clock has changed. */
  readonly onChange: () => void;
}

/** Opens it with what an earlier run has left in the store. */
export async function openClockKeeper(components: ClockKeeperComponents): Promise<ClockKeeper> {
  return new ClockKeeper(components, await recall(components.store));
}

const lookMs = 2_000;
const saveMs = 60_000;
/** No true time lies before the version that this is: it is moved forward with each release. */
const releasedAt = Date.UTC(2026, 10, 1);

/**
 * Keeps an eye on the gateway's clock while it runs: judges it, remembers what it trusted for the next run, and dates
 * the readings that were taken while it could not be trusted.
 */
export class ClockKeeper implements Part {
  readonly name = "clock keeper";
  readonly trust: ClockTrust;
  readonly #with: ClockKeeperComponents;
  readonly #remembered: Remembered | null;
  #savedMs: number;
  /** The state for which the undated readings of this boot were looked at last. */
  #datedFor: number | null = null;

  /** See `openClockKeeper`. */
  constructor(components: ClockKeeperComponents, memory: Remembered | null) {
    this.#with = components;
    this.#remembered = memory;
    this.#savedMs = components.clock.monotonicMs();
    const { clock, synchronisation, assumeSynchronised, bootId } = components;
    const floorAt = Math.max(releasedAt, memory?.seenAt ?? 0);
    const earlier = memory?.bootId === bootId ? memory.epoch : null;
    this.trust = new ClockTrust(clock, { synchronisation, assumeSynchronised, floorAt, earlier }, (change) =>
      this.#changed(change),
    );
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.#letGoOfEarlierBoots();
    while (!signal.aborted) {
      await this.#dateThisBoot();
      if (this.#with.clock.monotonicMs() - this.#savedMs >= saveMs) await this.#remember();
      await this.#with.clock.sleep(lookMs, signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    }
    await this.#remember();
  }

  #changed({ state, reason, jumpMs }: ClockChange): void {
    const { log, onEvent, onChange } = this.#with;
    const fields = { clock: state, reason, stepMs: jumpMs };
    if (state === "trusted") log.info("clock-changed", fields);
    else log.warn("clock-changed", fields);
    onEvent({ type: "clock", state, reason });
    onChange();
  }

  async #dateThisBoot(): Promise<void> {
    const epochAt = this.trust.trustedEpoch()?.epochAt ?? null;
    if (epochAt === null) this.#datedFor = null;
    if (epochAt === null || this.#datedFor === epochAt) return;
    await this.#date(this.#with.bootId, epochAt);
    this.#datedFor = epochAt;
  }

  /**
   * A boot that is over will not learn its time any more. If its clock was trusted once, before it jumped, that dates
   * its readings; else they are let go with whatever their devices said.
   */
  async #letGoOfEarlierBoots(): Promise<void> {
    const { store, bootId } = this.#with;
    const boots = await store.undatedBoots();
    for (const earlier of boots.filter((boot) => boot !== bootId)) {
      const epochAt = this.#remembered?.bootId === earlier ? this.#remembered.epoch.epochAt : null;
      await this.#date(earlier, epochAt);
    }
  }

  async #date(bootId: string, epochAt: number | null): Promise<void> {
    const { store, zone, options, log, onEvent } = this.#with;
    const boots = await store.undatedBoots();
    if (!boots.includes(bootId)) return;
    const devices = await store.devices();
    const previous = await Promise.all(devices.map(async ({ id }) => await previousCollection(store, id)));
    const nowAt = this.trust.trustedNow();
    const restamp = restampWith({
      zone,
      options,
      nowAt,
      isLeftAlone: await slotsLeftAlone(store, nowAt),
      roster: {
        assignments: await store.assignments(),
        sessions: epochAt === null ? [] : await store.sessions(epochAt),
      },
      previousOf: (deviceId) => {
        const kept = previous[devices.findIndex(({ id }) => id === deviceId)] ?? null;
        return kept === null || epochAt === null ? kept : byClockOf({ bootId, epochAt }, kept);
      },
    });
    const readings = await store.dateReadings({ bootId, epochOfMonotonicZero: epochAt }, restamp);
    log.info("readings-dated", { readings, reason: epochAt === null ? "the boot is over" : "the clock is trusted" });
    onEvent({ type: "dated", readings });
  }

  async #remember(): Promise<void> {
    this.#savedMs = this.#with.clock.monotonicMs();
    const epoch = this.trust.trustedEpoch();
    const seenAt = this.trust.trustedNow();
    if (epoch === null || seenAt === null) return;
    const memory: Remembered = { bootId: this.#with.bootId, epoch, seenAt: Math.round(seenAt) };
    await this.#with.store.saveSetting(settingName, JSON.stringify(memory));
  }
}

interface Remembered {
  readonly bootId: string;
  readonly epoch: TrustedEpoch;
  /** The last time that was trusted. */
  readonly seenAt: number;
}

const settingName = "clock";

const remembered = z.strictObject({
  bootId: z.string(),
  epoch: z.strictObject({ epochAt: z.number(), mark: z.string().nullable() }),
  seenAt: z.int(),
});

async function recall(store: Store): Promise<Remembered | null> {
  const text = await store.setting(settingName);
  return text === null ? null : (remembered.safeParse(JSON.parse(text)).data ?? null);
}
