import { Ballast, freeBytes } from "../../cloud-sync/sqlite/ballast.ts";
import type { Database } from "../../cloud-sync/sqlite/database.ts";
import { faultOf } from "../../cloud-sync/sqlite/sqlite-error.ts";
import type { Pruning } from "./pruning.ts";
import type { QuarantineRows } from "./quarantine-rows.ts";
import type { StoreLimits } from "./store-limits.ts";
import type { StoreCounts } from "./store.ts";

interface SpaceTools {
  readonly pruning: Pruning;
  readonly quarantine: QuarantineRows;
  /** Takes a step of what a withdrawal left to be removed; false if nothing is left. */
  readonly removeSome: () => boolean;
  /** Runs an act in a transaction of its own, with the counters. */
  readonly transact: (act: () => boolean) => boolean;
}

interface Pressure {
  readonly alarm: "quota" | "disk-full";
  /**
   * Does it yield when rows go? A WAL that a reader holds, and a disk that somebody else has filled to the last byte,
   * do not: then nothing is deleted in vain.
   */
  readonly yields: boolean;
}

type Alarm = StoreCounts["alarm"];

const dayMs = 86_400_000;
const pruneStepsMax = 4;
const ballastStepBytes = 256 * 1024;
const quarantineStepRows = 256;
/** Readings that come again must find a quota that is clear by this share before the alarm ends. */
const clearShare = 0.97;
/** From this share on delivered readings are pruned ahead, so that no reading has to wait for it. */
const aheadShare = 0.9;

/**
 * Keeps the store within its quota and within the disk. Delivered readings go first, then old diagnostics, then, only
 * where the operator chose so, the oldest unsent with a tombstone each. After that new readings are refused, with an
 * alarm; what makes room (settling, pruning) goes on.
 */
export class SpaceKeeper {
  readonly #database: Database;
  readonly #pruning: Pruning;
  readonly #quarantine: QuarantineRows;
  readonly #removeSome: SpaceTools["removeSome"];
  readonly #transact: SpaceTools["transact"];
  readonly #limits: StoreLimits;
  readonly #ballast: Ballast;
  #alarm: Alarm = null;
  /** A reader in another process keeps the WAL from shrinking: it counts, beyond its own limit. */
  #isWalHeld = false;
  #isRetentionDue = true;
  #retentionDoneAt = 0;

  constructor(database: Database, tools: SpaceTools, limits: StoreLimits) {
    this.#database = database;
    this.#pruning = tools.pruning;
    this.#quarantine = tools.quarantine;
    this.#removeSome = tools.removeSome;
    this.#transact = tools.transact;
    this.#limits = limits;
    this.#ballast = new Ballast(database.path, 2 * limits.walBytesMax);
  }

  /** Why readings are refused, since the last that came or the last upkeep. */
  get alarm(): Alarm {
    return this.#alarm;
  }

  /** Within a transaction, before readings are added: makes room where it must and can. */
  admit(at: number): Alarm {
    let pressure = this.#look();
    for (let step = 0; pressure?.yields === true && step < pruneStepsMax && this.#freeSome(at); step++) {
      pressure = this.#look();
    }
    if (pressure?.alarm === "disk-full" && !pressure.yields && this.#ballast.release()) pressure = this.#look();
    this.#alarm = pressure?.alarm ?? null;
    return this.#alarm;
  }

  /** After SQLite found no room, outside a transaction: is there any hope now? */
  makeRoom(at: number): boolean {
    try {
      if (this.#database.isAtQuota) return this.#transact(() => this.#freeMuch(at));
      return this.#ballast.release() || this.#database.checkpoint();
    } catch (error) {
      if (faultOf(error).code === "disk-full") return false;
      throw error;
    }
  }

  /** One step of upkeep, outside a transaction; true if the next should follow soon. */
  tidy(at: number): boolean {
    if (this.#database.space().walBytes > this.#limits.walBytesMax) this.#isWalHeld = !this.#database.checkpoint();
    const pressure = this.#look();
    if (pressure?.yields === true && this.#tidyUnderPressure(at)) return true;
    this.#alarm = pressure?.alarm ?? null;
    if (pressure !== null) return false;
    if (this.#isAhead() && this.#transact(() => (this.#pruning.deliveredStep(Infinity) ?? 0) > 0)) return true;
    if (this.#retentionStep(at)) return true;
    return !this.#ballast.isWhole && this.#ballast.fits && this.#ballast.growStep(ballastStepBytes);
  }

  /** What there is too little of for more readings. */
  pressure(): Alarm {
    return this.#look()?.alarm ?? null;
  }

  #look(): Pressure | null {
    const { walBytesMax } = this.#limits;
    const { fileBytes, freeBytes: inside, walBytes } = this.#database.space();
    const quota = this.#quotaBytes() * (this.#alarm === "quota" ? clearShare : 1);
    const used = fileBytes - inside;
    const heldBytes = this.#isWalHeld ? Math.max(0, walBytes - walBytesMax) : 0;
    if (used + heldBytes > quota) return { alarm: "quota", yields: used > quota };
    const disk = freeBytes(this.#database.path);
    const walNeed = Math.max(0, walBytesMax - walBytes);
    const ballastNeed = Math.max(0, 2 * walBytesMax - this.#ballast.heldBytes);
    const isFull = disk < walNeed || inside + Math.max(0, disk - walNeed - ballastNeed) < walBytesMax;
    return isFull ? { alarm: "disk-full", yields: inside < walBytesMax } : null;
  }

  #tidyUnderPressure(at: number): boolean {
    try {
      return this.#transact(() => this.#freeSome(at));
    } catch (error) {
      // On a full disk a deletion needs the ballast's space for the WAL that it is written to.
      if (faultOf(error).code === "disk-full") return this.#ballast.release();
      throw error;
    }
  }

  /** True if something was freed, or may be by the next step. */
  #freeSome(at: number): boolean {
    // First what has to go anyway: else a reading that nobody may have any more could be dropped with a tombstone.
    if (this.#removeSome()) return true;
    // A pass over the readings may have begun in the middle: the second try begins with the oldest.
    const pruned = (this.#pruning.deliveredStep(Infinity) ?? this.#pruning.deliveredStep(Infinity)) !== null;
    if (pruned) return true;
    const beforeAt = at - this.#limits.quarantineDays * dayMs;
    if (this.#quarantine.dropBefore(beforeAt, quarantineStepRows) > 0) return true;
    return this.#limits.whenFull === "drop-oldest-unsent" && this.#pruning.dropUnsentStep(at) > 0;
  }

  /** As much as one group may need. */
  #freeMuch(at: number): boolean {
    let steps = 0;
    while (steps < pruneStepsMax && this.#freeSome(at)) steps += 1;
    return steps > 0;
  }

  #retentionStep(at: number): boolean {
    if (Math.abs(at - this.#retentionDoneAt) > dayMs / 24) this.#isRetentionDue = true;
    if (!this.#isRetentionDue) return false;
    const beforeAt = at - this.#limits.retentionDays * dayMs;
    if (this.#transact(() => this.#pruning.deliveredStep(beforeAt) !== null)) return true;
    this.#isRetentionDue = false;
    this.#retentionDoneAt = at;
    return false;
  }

  #isAhead(): boolean {
    const { fileBytes, freeBytes: inside } = this.#database.space();
    return fileBytes - inside > this.#quotaBytes() * aheadShare;
  }

  /** Below the inner quota by what settling and pruning may need for themselves. */
  #quotaBytes(): number {
    const { fileBytesMax } = this.#limits;
    return fileBytesMax - Math.min(8 * 2 ** 20, fileBytesMax / 4);
  }
}
