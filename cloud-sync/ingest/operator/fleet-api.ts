export type { ErrorAnswer } from "../../http/error-answer.ts";

/** What the page asks and is answered: JSON, times in milliseconds since 1970, null where nobody knows. */

/** How a gateway fares. Presence is exactly one of the first three; of the others any number. */
export type ConditionName =
  | "online"
  | "offline"
  | "silent"
  | "alarm"
  | "certificate-expiring"
  | "clock-wrong"
  | "radio-down"
  | "backlog-growing"
  | "rejected"
  | "radio-silent";

export type Severity = "good" | "quiet" | "notice" | "warning" | "critical";

export interface ConditionCount {
  readonly name: ConditionName;
  readonly title: string;
  readonly severity: Severity;
  /** What it means and what to do about it, in a sentence or two. */
  readonly remedy: string;
  readonly gateways: number;
}

/** `GET /api/fleet` */
export interface FleetAnswer {
  readonly now: number;
  /** Nothing is known of what was before, but for what gateways say of themselves. */
  readonly since: number;
  readonly gateways: number;
  /** Gateways beyond the bound, of which nothing is kept. */
  readonly untracked: number;
  readonly conditions: readonly ConditionCount[];
  readonly traffic: TrafficAnswer;
  readonly connections: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly shed: number;
  readonly underWay: number;
  readonly sink: SinkAnswer;
}

export interface TrafficAnswer {
  /** Readings that were new, of each of the last 60 minutes, the current one last. */
  readonly storedPerMinute: readonly number[];
  readonly totals: {
    readonly stored: number;
    readonly duplicates: number;
    readonly rejected: number;
    readonly batches: number;
  };
  /** From a message's arrival to its receipt, of the latest ones; null before the first. */
  readonly receiptMs: Percentiles | null;
  readonly commitMs: Percentiles | null;
}

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly samples: number;
}

export interface SinkAnswer {
  readonly state: "up" | "down" | "unknown";
  readonly readings: number | null;
  readonly deadLetters: number | null;
}

export interface GatewayRow {
  readonly gateway: string;
  readonly conditions: readonly ConditionName[];
  readonly severity: Severity;
  readonly version: string | null;
  readonly heardAt: number | null;
  readonly backlog: number | null;
  readonly oldestUnsentAt: number | null;
  readonly readingsLastHour: number;
  readonly clockOffsetMs: number | null;
}

/** `GET /api/gateways` */
export interface GatewaysAnswer {
  readonly now: number;
  /** How many match. */
  readonly total: number;
  readonly offset: number;
  readonly rows: readonly GatewayRow[];
}

export type GatewayOrder = "attention" | "gateway" | "heard" | "backlog" | "readings";

/** `GET /api/gateways/{id}` */
export interface GatewayAnswer extends GatewayRow {
  readonly now: number;
  readonly since: number;
  readonly firstHeardAt: number;
  readonly stateAt: number | null;
  readonly held: number | null;
  readonly clock: "trusted" | "untrusted" | null;
  readonly alarm: string | null;
  readonly radio: string | null;
  readonly certificateExpiresAt: number | null;
  readonly pagesCertificateExpiresAt: number | null;
  readonly lastBatchAt: number | null;
  readonly silentAfterMs: number;
  readonly totals: {
    readonly batches: number;
    readonly stored: number;
    readonly duplicates: number;
    readonly rejected: number;
    readonly refused: number;
  };
  readonly advice: readonly { readonly name: ConditionName; readonly title: string; readonly remedy: string }[];
  /** The latest last. */
  readonly life: readonly LifeEntry[];
  /** Older entries made room: this is not all since the start. */
  readonly isLifeCut: boolean;
}

export interface LifeEntry {
  readonly at: number;
  readonly kind: LifeKind;
  /** For `batches`: readings and batches of that hour. For `rejected`: readings. For `refused`: how often. */
  readonly readings: number;
  readonly times: number;
}

export type LifeKind =
  | "first-heard"
  | "connected"
  | "lost"
  | "restarted"
  | "updated"
  | "batches"
  | "rejected"
  | "refused"
  | "clock-untrusted"
  | "clock-trusted"
  | "alarm"
  | "alarm-over"
  | "radio-up"
  | "radio-silent"
  | "radio-down";

/** `GET /api/dead-letters` */
export interface DeadLettersAnswer {
  /** In the sink; null if it did not say. */
  readonly total: number | null;
  readonly examined: number;
  readonly isAll: boolean;
  readonly groups: readonly DeadLetterGroup[];
}

export interface DeadLetterGroup {
  readonly code: string;
  readonly remedy: string;
  readonly letters: number;
  readonly gateways: number;
  readonly firstAt: number;
  readonly lastAt: number;
  /** The latest of them. Payloads without values: see `masked-payload.ts`. */
  readonly samples: readonly DeadLetterSample[];
}

export interface DeadLetterSample {
  readonly id: number;
  readonly gateway: string;
  readonly reason: string;
  readonly receivedAt: number;
  readonly bytes: number;
  readonly payload: string;
}

/** `POST /api/dead-letters/replay` with `{ids}` or `{code}`. */
export interface ReplayAnswer {
  readonly examined: number;
  readonly replayed: number;
  readonly stored: number;
  readonly duplicates: number;
  readonly remaining: number;
}

/** `GET /api/session` */
export interface SessionAnswer {
  readonly version: string;
  /** Null where no login is asked for. */
  readonly user: string | null;
  readonly needsLogin: boolean;
  /** Goes back in `x-carepost-csrf` with each request that writes; null until there is a session. */
  readonly csrfToken: string | null;
}
