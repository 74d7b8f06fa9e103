import type { CommitCore, RequestKind } from "../../cloud-sync/sqlite/commit-core.ts";
import { type Database, openDatabase, openReader, type OpenReport } from "../../cloud-sync/sqlite/database.ts";
import { lanes } from "../../cloud-sync/uplink/outbox.ts";
import { CareRows, isCareRequest } from "./care-rows.ts";
import { Counters } from "./counters.ts";
import { OutboxRows } from "./outbox-rows.ts";
import { Pruning } from "./pruning.ts";
import { QuarantineRows } from "./quarantine-rows.ts";
import { laneOf, ReadingRows } from "./reading-rows.ts";
import { ReadingSearch } from "./reading-search.ts";
import { isRegistryRequest, RegistryRows } from "./registry-rows.ts";
import { RemovalRows } from "./removal-rows.ts";
import { RemovalSteps } from "./removal-steps.ts";
import { storeSchema } from "./schema.ts";
import { Scrub } from "./scrub.ts";
import { SpaceKeeper } from "./space-keeper.ts";
import type { StoreLimits } from "./store-limits.ts";
import type { AddAnswer, AddRequest, StoreAnswer, StoreNotice, StoreRequest } from "./store-request.ts";
import type { StoreCounts } from "./store.ts";
import { Takeover, type TakeoverState } from "./takeover.ts";
import { TombstoneRows } from "./tombstone-rows.ts";

export interface StoreCoreOptions {
  readonly path: string;
  readonly key: Uint8Array | null;
  readonly access: "owner" | "reader";
  /** The wall-clock time of the opening. */
  readonly at: number;
  readonly limits: StoreLimits;
}

/** Opens the database and makes the synchronous heart of the store. Throws as `openDatabase`. */
export function createStoreCore(options: StoreCoreOptions, notify: (notice: StoreNotice) => void): StoreCore {
  const { path, key, at, limits, access } = options;
  const open = access === "owner" ? openDatabase : openReader;
  const database = open({ path, key, at, limits, schema: storeSchema });
  try {
    return new StoreCore(database, options, notify);
  } catch (error) {
    database.close();
    throw error;
  }
}

/** All that the store does, one request after another: which modules a request goes to, and what is done between. */
export class StoreCore implements CommitCore<StoreRequest, StoreAnswer> {
  readonly database: Database;
  readonly #isOwner: boolean;
  readonly #notify: (notice: StoreNotice) => void;
  readonly #counters: Counters;
  readonly #steps: RemovalSteps;
  readonly #outbox: OutboxRows;
  readonly #readings: ReadingRows;
  readonly #search: ReadingSearch;
  readonly #registry: RegistryRows;
  readonly #removals: RemovalRows;
  readonly #care: CareRows;
  readonly #quarantine: QuarantineRows;
  readonly #tombstones: TombstoneRows;
  readonly #pruning: Pruning;
  readonly #space: SpaceKeeper;
  readonly #takeover: Takeover;
  readonly #scrub: Scrub | null;
  /** The latest time that a request brought, for what is done between requests. */
  #at: number;
  /** Whether readings are taken: found out once in each transaction. */
  #admission: StoreCounts["alarm"] | "unknown" = "unknown";
  /** One may have been left unfinished by an earlier run. */
  #isTakingOver = true;
  #alarmTold: StoreCounts["alarm"] = null;

  constructor(database: Database, options: StoreCoreOptions, notify: (notice: StoreNotice) => void) {
    const { sql, report } = database;
    this.database = database;
    this.#isOwner = options.access === "owner";
    this.#notify = notify;
    this.#at = options.at;
    this.#counters = new Counters(sql);
    this.#steps = new RemovalSteps(sql, this.#counters);
    const parts = { counters: this.#counters, steps: this.#steps };
    this.#outbox = new OutboxRows(sql, parts);
    this.#readings = new ReadingRows(sql, { ...parts, outbox: this.#outbox });
    this.#search = new ReadingSearch(sql, this.#steps);
    this.#registry = new RegistryRows(sql);
    this.#removals = new RemovalRows(sql, this.#steps);
    this.#care = this.#newCare();
    this.#quarantine = new QuarantineRows(sql, this.#counters);
    this.#tombstones = new TombstoneRows(sql, this.#counters);
    this.#pruning = new Pruning(sql, this.#counters);
    const transact = (act: () => boolean): boolean => this.#transact(act);
    const removeSome = (): boolean => this.#removeSome();
    const tools = { pruning: this.#pruning, quarantine: this.#quarantine, removeSome, transact };
    this.#space = new SpaceKeeper(database, tools, options.limits);
    this.#takeover = this.#newTakeover(options.key);
    this.#scrub = this.#isOwner && !report.wasClosed && !report.isChecked ? new Scrub(sql) : null;
    if (report.setAside !== null) this.#replaceDamaged(report.setAside);
  }

  kindOf(request: StoreRequest): RequestKind {
    if (reads.has(request.type)) return "read";
    return repeatable.has(request.type) ? "repeatable-write" : "write";
  }

  execute(request: StoreRequest): StoreAnswer {
    if (!this.#isOwner) this.#refresh();
    if (request.type !== "add") this.#outbox.flush();
    if ("at" in request) this.#at = request.at;
    if (isRegistryRequest(request)) return this.#registry.execute(request);
    if (isCareRequest(request)) return this.#care.execute(request);
    switch (request.type) {
      case "add":
        return this.#add(request);
      case "page":
        return { type: "page", page: this.#outbox.page(request.request) };
      case "settle":
        for (const settlement of request.settlements) this.#outbox.settle(settlement, request.at);
        return { type: "settle" };
      case "backlog":
        return { type: "backlog", backlog: this.#outbox.backlog() };
      case "counts":
        return { type: "counts", counts: this.#counts() };
      case "search":
        return this.#search.step(request);
      case "attribute":
        return { type: "attribute", lane: this.#readings.attribute(request.readingId, request.person) };
      case "exists":
        return this.#readings.exists(request.readingId, request.after);
      case "undated":
        return { type: "undated", readings: this.#readings.undated(request.bootId, request.limit) };
      case "undated-boots":
        return { type: "undated-boots", bootIds: this.#readings.undatedBoots() };
      case "date":
        for (const reading of request.readings) {
          if (!this.#removals.removesDated(reading, this.#at)) this.#readings.date(reading);
        }
        return { type: "date" };
      case "dead-letters":
        return { type: "dead-letters", letters: this.#outbox.deadLetters(request.afterId, request.limit) };
      case "replay":
        return { type: "replay", lanes: this.#outbox.replay(request.ids) };
      case "quarantine":
        this.#quarantine.add(request.entry, Buffer.from(request.digest, "hex"));
        return { type: "quarantine" };
      case "quarantined":
        return { type: "quarantined", entries: this.#quarantine.list(request.afterId, request.limit) };
      case "tombstones":
        return { type: "tombstones", tombstones: this.#tombstones.list(request.limit) };
      case "settle-tombstones":
        this.#tombstones.settle(request.ids);
        return { type: "settle-tombstones" };
      case "continue-removal":
        this.#removeSome();
        return { type: "continue-removal", ...this.#steps.progressOf(request.id) };
      default:
        return request satisfies never;
    }
  }

  remember(): () => void {
    this.#outbox.flush();
    this.#admission = "unknown";
    const restores = [this.#counters.remember(), this.#removals.remember(), this.#steps.remember()];
    return () => {
      this.#outbox.forgetRun();
      for (const restore of restores) restore();
    };
  }

  seal(): void {
    this.#outbox.flush();
    this.#counters.seal();
  }

  makeRoom(): boolean {
    return this.#space.makeRoom(this.#at);
  }

  tidy(): boolean {
    if (!this.#isOwner) return false;
    this.database.durability = "crash";
    const hasMore = this.#space.tidy(this.#at);
    this.#tellAlarm();
    if (hasMore) return true;
    if (this.#steps.isUnderWay) return this.#transact(() => this.#removeSome());
    if (this.#isTakingOver && this.#space.alarm === null) {
      this.#isTakingOver = this.#transact(() => this.#takeover.step());
      return true;
    }
    return this.#scrub?.step() === true;
  }

  close(): void {
    this.#takeover.close();
    this.database.close();
  }

  buffersOf(answer: StoreAnswer): readonly ArrayBuffer[] {
    if (typeof answer === "string" || answer.type !== "page" || answer.page === null) return [];
    const pages = [answer.page, ...(answer.page.more ?? [])];
    const buffers = pages.flatMap(({ seqs, body }) => [seqs.buffer, body.buffer]);
    return buffers.filter((buffer) => buffer instanceof ArrayBuffer);
  }

  #add(request: AddRequest): AddAnswer {
    if (this.#removals.turnsAway(request)) return "known";
    if (this.#admission === "unknown") {
      this.#outbox.flush();
      this.#admission = this.#space.admit(request.at);
    }
    if (this.#admission !== null) {
      if (this.#readings.isKnown(request)) return "known";
      return this.#admission === "quota" ? "quota-exceeded" : "disk-full";
    }
    const outcome = this.#readings.add(request);
    if (outcome === "stored") this.#pruning.resurrect(request.id);
    return outcome;
  }

  /** A step of what a withdrawal left to be removed: behind it more of the outbox may be given out. */
  #removeSome(): boolean {
    if (!this.#steps.isUnderWay) return false;
    if (this.#steps.step()) this.#notify({ type: "removal-ended" });
    for (const lane of lanes) this.#notify({ type: "added", lane });
    return true;
  }

  /** Beside a writer memory would be out of date. */
  #refresh(): void {
    this.#counters.refresh();
    this.#steps.refresh();
  }

  #counts(): StoreCounts {
    const { nextSeq: _, ...counts } = this.#counters.now;
    const { fileBytes, walBytes } = this.database.space();
    return { ...counts, fileBytes, walBytes, alarm: this.#isOwner ? this.#space.alarm : this.#space.pressure() };
  }

  #tellAlarm(): void {
    if (this.#space.alarm === this.#alarmTold) return;
    this.#alarmTold = this.#space.alarm;
    this.#notify({ type: "alarm", alarm: this.#alarmTold });
  }

  #replaceDamaged(aside: NonNullable<OpenReport["setAside"]>): void {
    this.#transact(() => {
      this.#takeover.begin(aside.path, this.#at);
      return true;
    });
    this.#notify({ type: "set-aside", ...aside });
  }

  #newCare(): CareRows {
    const parts = {
      outbox: this.#outbox,
      readings: this.#readings,
      registry: this.#registry,
      removals: this.#removals,
      steps: this.#steps,
    };
    return new CareRows(this.database.sql, parts);
  }

  #newTakeover(key: Uint8Array | null): Takeover {
    const rows = this.#readings;
    const onEnd = ({ readings, unreadable }: TakeoverState): void =>
      this.#notify({ type: "taken-over", readings, unreadable });
    const onAdded = (lane: number): void => this.#notify({ type: "added", lane: laneOf(lane) });
    const removing = { removals: this.#removals, steps: this.#steps };
    const into = { sql: this.database.sql, rows, ...removing, audit: this.#care.audit };
    return new Takeover({ ...into, key, onEnd, onAdded });
  }

  #transact(act: () => boolean): boolean {
    const restore = this.remember();
    try {
      return this.database.sql
        .transaction(() => {
          const answer = act();
          this.seal();
          return answer;
        })
        .immediate();
    } catch (error) {
      restore();
      throw error;
    }
  }
}

const repeatable: ReadonlySet<StoreRequest["type"]> = new Set([
  "settle",
  "settle-tombstones",
  "settle-events",
  "continue-removal",
] as const);

const reads: ReadonlySet<StoreRequest["type"]> = new Set([
  "page",
  "backlog",
  "counts",
  "search",
  "exists",
  "undated",
  "undated-boots",
  "dead-letters",
  "quarantined",
  "tombstones",
  "devices",
  "progress",
  "bonds",
  "people",
  "assignments",
  "sessions",
  "setting",
  "consents",
  "withdrawals",
  "audit-entries",
  "audit-head",
  "pending-events",
  "roster-version",
] as const);
