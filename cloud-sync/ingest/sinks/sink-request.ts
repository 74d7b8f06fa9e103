import type { Roster } from "../../contract/roster.ts";
import type { HeardRoster, Home, RosterDue } from "../roster-book.ts";
import type { CommitOutcome, DeadLetter, EventDelivery, NewDeadLetter, StoredEvent } from "../sink.ts";

/** What the sink asks of its commit thread; it crosses a thread boundary, so it is plain data. */
export type SinkRequest =
  | { readonly op: "commit"; readonly rows: readonly ReadingRow[]; readonly at: number }
  | { readonly op: "commit-events"; readonly events: readonly EventDelivery[]; readonly at: number }
  | { readonly op: "events"; readonly afterPosition: number; readonly limit: number }
  | { readonly op: "keep"; readonly letters: readonly NewDeadLetter[] }
  | { readonly op: "remove"; readonly ids: readonly number[] }
  | { readonly op: "dead-letters"; readonly afterId: number; readonly limit: number }
  | { readonly op: "readings"; readonly afterPosition: number; readonly limit: number }
  | { readonly op: "position-before"; readonly readings: number }
  | { readonly op: "counts" }
  | RosterRequest;

export type RosterRequest =
  | { readonly op: "set-homes"; readonly homes: readonly Home[]; readonly at: number }
  | { readonly op: "remove-homes"; readonly people: readonly string[]; readonly at: number }
  | { readonly op: "hear-rosters"; readonly heard: readonly HeardRoster[] }
  | { readonly op: "outstanding-rosters"; readonly afterGateway: string; readonly limit: number }
  | { readonly op: "homes"; readonly afterPerson: string; readonly limit: number }
  | { readonly op: "roster"; readonly gateway: string };

export type SinkAnswer =
  | { readonly op: "commit"; readonly outcomes: readonly CommitOutcome[] }
  | { readonly op: "commit-events"; readonly outcomes: readonly CommitOutcome[] }
  | { readonly op: "events"; readonly events: readonly StoredEvent[] }
  | { readonly op: "keep"; readonly isKept: boolean }
  | { readonly op: "remove" }
  | { readonly op: "dead-letters"; readonly letters: readonly DeadLetter[] }
  | { readonly op: "readings"; readonly rows: readonly StoredRow[] }
  | { readonly op: "position-before"; readonly position: number }
  | { readonly op: "counts"; readonly readings: number; readonly deadLetters: number }
  | RosterAnswer;

export type RosterAnswer =
  | { readonly op: "set-homes"; readonly changed: number }
  | { readonly op: "remove-homes"; readonly changed: number }
  | { readonly op: "hear-rosters"; readonly due: readonly RosterDue[] }
  | { readonly op: "outstanding-rosters"; readonly due: readonly RosterDue[] }
  | { readonly op: "homes"; readonly homes: readonly Home[] }
  | { readonly op: "roster"; readonly roster: Roster | null };

export interface ReadingRow {
  readonly id: string;
  readonly revision: number;
  readonly gateway: string;
  readonly kind: string;
  readonly measured: string | null;
  /** The reading as JSON. */
  readonly body: string;
}

export interface StoredRow {
  readonly position: number;
  readonly gateway: string;
  readonly body: string;
  readonly committedAt: number;
}
