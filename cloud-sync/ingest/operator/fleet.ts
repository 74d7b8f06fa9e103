import type { GatewayState } from "../../contract/control.ts";
import type { ObservedBatch } from "../ingest-observer.ts";
import { conditionBit, conditions, conditionsOf, severityOf, severityRank } from "./conditions.ts";
import type {
  ConditionCount,
  ConditionName,
  GatewayAnswer,
  GatewayOrder,
  GatewayRow,
  GatewaysAnswer,
} from "./fleet-api.ts";
import { GatewayRecord } from "./gateway-record.ts";

/**
 * What this ingestor knows of its gateways, since it started: a pure model, told by an observer and asked by the page
 * and the metrics. Nothing is kept on disk, because retained states come again from the broker; where several ingestors
 * share the work, each knows the batches that it took itself.
 */
export interface Fleet {
  readonly since: number;
  hearState(gateway: string, state: GatewayState, at: number): void;
  hearBatch(gateway: string, batch: ObservedBatch, at: number): void;
  hearRefusal(gateway: string, at: number): void;
  census(at: number): Census;
  list(query: GatewayQuery, at: number): GatewaysAnswer;
  /** Null for a gateway that is not known. */
  gateway(id: string, at: number): GatewayAnswer | null;
}

export interface Census {
  readonly gateways: number;
  readonly untracked: number;
  readonly conditions: readonly ConditionCount[];
}

export interface GatewayQuery {
  /** A part of the id, in any case. */
  readonly search: string;
  readonly condition: ConditionName | null;
  readonly order: GatewayOrder;
  readonly offset: number;
  readonly limit: number;
}

export interface FleetLimits {
  /** A record is 0.9 to 1.8 KiB: 200,000 of them are 180 to 350 MB, and take some 50 ms to judge. */
  readonly gatewaysMax: number;
  /** The judgement of all gateways is good for so long, and for twenty times what it took. */
  readonly judgementMs: number;
}

export const fleetLimits: FleetLimits = { gatewaysMax: 200_000, judgementMs: 1_000 };

/** @param since the wall-clock time at which the ingestor started */
export const createFleet = (since: number, limits: FleetLimits = fleetLimits): Fleet =>
  new ObservedFleet(since, limits);

/** All gateways judged at one time. */
interface Judgement {
  readonly at: number;
  readonly goodUntil: number;
  readonly judged: readonly JudgedGateway[];
  readonly counts: readonly number[];
  /** The last selection, because who pages through a list asks for it again and again. */
  selection: { readonly key: string; readonly judged: readonly JudgedGateway[] } | null;
}

interface JudgedGateway {
  readonly record: GatewayRecord;
  readonly bits: number;
  readonly rank: number;
}

class ObservedFleet implements Fleet {
  readonly since: number;
  readonly #limits: FleetLimits;
  readonly #records = new Map<string, GatewayRecord>();
  #untracked = 0;
  #judgement: Judgement | null = null;

  constructor(since: number, limits: FleetLimits) {
    this.since = since;
    this.#limits = limits;
  }

  hearState(gateway: string, state: GatewayState, at: number): void {
    this.#record(gateway, at)?.hearState(state, at);
  }

  hearBatch(gateway: string, batch: ObservedBatch, at: number): void {
    if (batch.outcome !== "failed") this.#record(gateway, at)?.hearBatch(batch, at);
  }

  hearRefusal(gateway: string, at: number): void {
    this.#record(gateway, at)?.hearRefusal(at);
  }

  census(at: number): Census {
    const { counts } = this.#judge(at);
    return {
      gateways: this.#records.size,
      untracked: this.#untracked,
      conditions: conditions.map((condition, index) => ({ ...condition, gateways: counts[index] ?? 0 })),
    };
  }

  list(query: GatewayQuery, at: number): GatewaysAnswer {
    const selected = this.#select(query, this.#judge(at));
    const rows = selected.slice(query.offset, query.offset + query.limit);
    return {
      now: at,
      total: selected.length,
      offset: query.offset,
      rows: rows.map((judged) => rowOf(judged.record, at)),
    };
  }

  gateway(id: string, at: number): GatewayAnswer | null {
    const record = this.#records.get(id);
    if (record === undefined) return null;
    const { state, life, batches, stored, duplicates, rejected, refused } = record;
    const row = rowOf(record, at);
    return {
      ...row,
      now: at,
      since: this.since,
      firstHeardAt: record.firstHeardAt,
      stateAt: state?.at ?? null,
      held: state?.held ?? null,
      clock: state?.clock ?? null,
      alarm: state?.alarm ?? null,
      radio: state?.radio ?? null,
      certificateExpiresAt: state?.certificateExpiresAt ?? null,
      pagesCertificateExpiresAt: state?.pagesCertificateExpiresAt ?? null,
      lastBatchAt: record.lastBatchAt,
      silentAfterMs: record.silentAfterMs(),
      totals: { batches, stored, duplicates, rejected, refused },
      advice: conditionsOf(record.conditions(at)).map(({ name, title, remedy }) => ({ name, title, remedy })),
      life: life.entries(),
      isLifeCut: life.isCut,
    };
  }

  /** Null once there are as many as may be: an id costs its sender nothing, and memory us. */
  #record(gateway: string, at: number): GatewayRecord | null {
    const known = this.#records.get(gateway);
    if (known !== undefined) return known;
    if (this.#records.size >= this.#limits.gatewaysMax) {
      this.#untracked += 1;
      return null;
    }
    const record = new GatewayRecord(gateway, at);
    this.#records.set(gateway, record);
    return record;
  }

  #judge(at: number): Judgement {
    const last = this.#judgement;
    if (last !== null && at >= last.at && at < last.goodUntil) return last;
    const startedMs = performance.now();
    const counts = conditions.map(() => 0);
    const judged = Array.from(this.#records.values(), (record) => {
      const bits = record.conditions(at);
      for (let index = 0; index < counts.length; index += 1) {
        if ((bits & (1 << index)) !== 0) counts[index] = (counts[index] ?? 0) + 1;
      }
      return { record, bits, rank: severityRank[severityOf(bits)] };
    });
    const goodMs = Math.max(this.#limits.judgementMs, 20 * (performance.now() - startedMs));
    this.#judgement = { at, goodUntil: at + goodMs, judged, counts, selection: null };
    return this.#judgement;
  }

  #select({ search, condition, order }: GatewayQuery, judgement: Judgement): readonly JudgedGateway[] {
    const key = JSON.stringify([search, condition, order]);
    if (judgement.selection?.key === key) return judgement.selection.judged;
    const wanted = search.toLowerCase();
    const bit = condition === null ? null : conditionBit(condition);
    const fits = ({ record, bits }: JudgedGateway): boolean =>
      (bit === null || (bits & bit) !== 0) && (wanted === "" || record.gateway.toLowerCase().includes(wanted));
    const compare = orders[order];
    const judged = judgement.judged.filter(fits).toSorted((a, b) => compare(a, b, judgement.at) || byId(a, b));
    judgement.selection = { key, judged };
    return judged;
  }
}

type Compare = (a: JudgedGateway, b: JudgedGateway, at: number) => number;

const byId = (a: JudgedGateway, b: JudgedGateway): number =>
  a.record.gateway < b.record.gateway ? -1 : Number(a.record.gateway > b.record.gateway);

/** The first row is what an operator would look at first. */
const orders: Readonly<Record<GatewayOrder, Compare>> = {
  attention: (a, b) => b.rank - a.rank,
  gateway: byId,
  heard: (a, b) => (a.record.heardAt ?? 0) - (b.record.heardAt ?? 0),
  backlog: (a, b) => (b.record.state?.backlog ?? -1) - (a.record.state?.backlog ?? -1),
  readings: (a, b, at) => b.record.readingsLastHour(at) - a.record.readingsLastHour(at),
};

function rowOf(record: GatewayRecord, at: number): GatewayRow {
  const bits = record.conditions(at);
  return {
    gateway: record.gateway,
    conditions: conditionsOf(bits).map(({ name }) => name),
    severity: severityOf(bits),
    version: record.state?.version ?? null,
    heardAt: record.heardAt,
    backlog: record.state?.backlog ?? null,
    oldestUnsentAt: record.state?.oldestUnsentAt ?? null,
    readingsLastHour: record.readingsLastHour(at),
    clockOffsetMs: record.clockOffsetMs,
  };
}
