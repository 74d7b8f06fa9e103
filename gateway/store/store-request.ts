import type { Backlog, Lane, OutboxPage, PageRequest, Settlement } from "../../cloud-sync/uplink/outbox.ts";
import type { Roster } from "../../cloud-sync/contract/roster.ts";
import type { AuditRow } from "./audit-rows.ts";
import type { EventRow } from "./event-rows.ts";
import type {
  AddOutcome,
  Assignment,
  AuditHead,
  ConsentQuery,
  ConsentRecord,
  Deed,
  DeedOutcome,
  DeviceBond,
  DeviceProgress,
  Disposition,
  KioskSession,
  KnownDevice,
  NewQuarantineEntry,
  OutboxDeadLetter,
  Person,
  QuarantineEntry,
  StandingWithdrawal,
  StoreCounts,
  StoredReading,
  Tombstone,
} from "./store.ts";

/**
 * What crosses to the commit thread and back. Readings cross as their JSON text, which is what is stored and sent: it
 * is made once. Texts and numbers are cheap to clone; objects are not, which is why `add` is flat.
 */
export type StoreRequest =
  | AddRequest
  | { readonly type: "page"; readonly request: PageRequest }
  | { readonly type: "settle"; readonly settlements: readonly Settlement[]; readonly at: number }
  | { readonly type: "backlog" }
  | { readonly type: "counts" }
  | SearchRequest
  | { readonly type: "attribute"; readonly readingId: string; readonly person: string }
  | { readonly type: "exists"; readonly readingId: string; readonly after: IndexPosition | null }
  | { readonly type: "undated"; readonly bootId: string; readonly limit: number }
  | { readonly type: "undated-boots" }
  | { readonly type: "date"; readonly readings: readonly DatedRow[] }
  | { readonly type: "dead-letters"; readonly afterId: number; readonly limit: number }
  | { readonly type: "replay"; readonly ids: readonly number[] }
  | { readonly type: "quarantine"; readonly entry: NewQuarantineEntry; readonly digest: string }
  | { readonly type: "quarantined"; readonly afterId: number; readonly limit: number }
  | { readonly type: "tombstones"; readonly limit: number }
  | { readonly type: "settle-tombstones"; readonly ids: readonly number[] }
  | { readonly type: "continue-removal"; readonly id: number }
  | RegistryRequest
  | CareRequest;

export interface AddRequest {
  readonly type: "add";
  readonly at: number;
  readonly id: string;
  readonly deviceTime: number;
  readonly deviceId: string;
  readonly person: string | null;
  readonly context: "lacking" | "present" | "none";
  readonly lane: number;
  readonly disposition: Disposition;
  readonly bootId: string;
  readonly receivedMonotonicMs: number;
  readonly body: string;
}

/** Devices, people and what ties them together: few rows, asked for rarely. */
export type RegistryRequest =
  | { readonly type: "devices" }
  | { readonly type: "save-device"; readonly device: KnownDevice }
  | { readonly type: "forget-device"; readonly id: string }
  | { readonly type: "progress"; readonly deviceId: string }
  | { readonly type: "save-progress"; readonly progress: DeviceProgress }
  | { readonly type: "bonds" }
  | { readonly type: "save-bond"; readonly bond: DeviceBond }
  | { readonly type: "forget-bond"; readonly address: string }
  | { readonly type: "people" }
  | { readonly type: "save-person"; readonly person: Person }
  | { readonly type: "assignments" }
  | { readonly type: "save-assignment"; readonly assignment: Assignment; readonly at: number }
  | { readonly type: "sessions"; readonly sinceAt: number }
  | { readonly type: "save-session"; readonly session: KioskSession; readonly at: number }
  | { readonly type: "setting"; readonly name: string }
  | { readonly type: "save-setting"; readonly name: string; readonly value: string };

/** What people decide, and what stays of it. */
export type CareRequest =
  | { readonly type: "record"; readonly deed: Deed; readonly at: number }
  | { readonly type: "withdrawals" }
  | { readonly type: "consents"; readonly query: ConsentQuery }
  | { readonly type: "audit-entries"; readonly afterSeq: number; readonly limit: number }
  | { readonly type: "audit-head" }
  | { readonly type: "pending-events"; readonly afterSeq: number; readonly limit: number }
  | { readonly type: "settle-events"; readonly seqs: readonly number[] }
  | { readonly type: "follow-roster"; readonly roster: Roster; readonly at: number }
  | { readonly type: "roster-version" };

export interface SearchRequest {
  readonly type: "search";
  readonly beforeSeq: number;
  readonly limit: number;
  readonly person: string | null;
  readonly deviceId: string | null;
  readonly state: StoredReading["state"] | null;
}

/** A row of the index on `readings`, from which a search for an id goes on. */
export interface IndexPosition {
  readonly deviceTime: number;
  readonly id: Uint8Array;
}

export interface DatedRow {
  readonly seq: number;
  readonly person: string | null;
  readonly lane: number;
  readonly disposition: "deliver" | "hold" | "remove";
  readonly body: string;
}

export interface UndatedRow {
  readonly seq: number;
  readonly receivedMonotonicMs: number;
  readonly body: string;
}

export interface FoundRow {
  readonly seq: number;
  readonly state: StoredReading["state"];
  readonly body: string;
}

/** More than one step: the deed has removed so many, and the rest is asked for with `continue-removal`. */
export interface UnfinishedRemoval {
  readonly id: number;
  readonly removed: number;
}

/** `add` answers with a bare word, because there are many of them. */
export type StoreAnswer =
  | AddAnswer
  | { readonly type: "page"; readonly page: OutboxPage | null }
  | { readonly type: "backlog"; readonly backlog: Backlog }
  | { readonly type: "counts"; readonly counts: StoreCounts }
  /** `nextBeforeSeq` is null where there is nothing further to look through. */
  | { readonly type: "search"; readonly found: readonly FoundRow[]; readonly nextBeforeSeq: number | null }
  | { readonly type: "attribute"; readonly lane: Lane | null }
  | { readonly type: "exists"; readonly isFound: boolean; readonly next: IndexPosition | null }
  | { readonly type: "undated"; readonly readings: readonly UndatedRow[] }
  | { readonly type: "undated-boots"; readonly bootIds: readonly string[] }
  | { readonly type: "dead-letters"; readonly letters: readonly OutboxDeadLetter[] }
  | { readonly type: "replay"; readonly lanes: readonly Lane[] }
  | { readonly type: "quarantined"; readonly entries: readonly QuarantineEntry[] }
  | { readonly type: "tombstones"; readonly tombstones: readonly Tombstone[] }
  | { readonly type: "devices"; readonly devices: readonly KnownDevice[] }
  | { readonly type: "forget-device"; readonly wasKnown: boolean }
  | { readonly type: "progress"; readonly progress: DeviceProgress | null }
  | { readonly type: "bonds"; readonly bonds: readonly DeviceBond[] }
  | { readonly type: "forget-bond"; readonly wasKnown: boolean }
  | { readonly type: "people"; readonly people: readonly Person[] }
  | { readonly type: "assignments"; readonly assignments: readonly Assignment[] }
  | { readonly type: "sessions"; readonly sessions: readonly KioskSession[] }
  | { readonly type: "setting"; readonly value: string | null }
  /** `lanes` are those that have new entries. */
  | {
      readonly type: "record";
      readonly outcome: DeedOutcome;
      readonly lanes: readonly Lane[];
      readonly removals: readonly UnfinishedRemoval[];
    }
  /** How many it has removed by now, with those of the deed. */
  | { readonly type: "continue-removal"; readonly removed: number; readonly isDone: boolean }
  | { readonly type: "consents"; readonly consents: readonly ConsentRecord[] }
  | { readonly type: "withdrawals"; readonly withdrawals: readonly StandingWithdrawal[] }
  | { readonly type: "audit-entries"; readonly rows: readonly AuditRow[] }
  | { readonly type: "audit-head"; readonly head: AuditHead | null }
  | { readonly type: "pending-events"; readonly rows: readonly EventRow[] }
  | { readonly type: "follow-roster"; readonly outcome: "followed" | "stale" }
  | { readonly type: "roster-version"; readonly version: number | null }
  | { readonly type: DoneType };

type DoneType =
  | "settle"
  | "date"
  | "quarantine"
  | "settle-tombstones"
  | "settle-events"
  | "save-device"
  | "save-progress"
  | "save-bond"
  | "save-person"
  | "save-assignment"
  | "save-session"
  | "save-setting";

export type AddAnswer = AddOutcome | "quota-exceeded" | "disk-full";

/** What the store says without being asked. */
export type StoreNotice =
  | { readonly type: "set-aside"; readonly path: string; readonly reason: string }
  | { readonly type: "taken-over"; readonly readings: number; readonly unreadable: number }
  | { readonly type: "alarm"; readonly alarm: StoreCounts["alarm"] }
  | { readonly type: "added"; readonly lane: Lane }
  /** All that a withdrawal leaves to be removed is gone: its event tells how much it was. */
  | { readonly type: "removal-ended" };
