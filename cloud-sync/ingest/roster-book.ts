import type { Roster } from "../contract/roster.ts";

/**
 * Whose devices which home hub reads: what enrolments say, and where people are at home. A port, and part of a sink:
 * enrolments come with `commitEvents`, in the transaction of their events. Contract: `test/contracts/roster-book.ts`.
 *
 * An enrolment counts from the event that tells of it until it has ended, or the consent that it rests on was withdrawn,
 * in whichever order these came; no end is ever taken back. The gateway that made it ends it, and the home that was given
 * it to follow. A hub's roster is made of all that count of the people whose home it is. Its version grows with each
 * change, in the same transaction, so that one version is one content for all ingestors, and it is made of the time, so
 * that it grows also where a sink begins anew.
 */
export interface RosterBook extends RosterReader {
  /** Says where people are at home, in one transaction; who had another home has it no more. Answers how many changed. */
  setHomes(homes: readonly Home[]): Promise<number>;
  /** These people have no home hub any more. Answers how many had one. */
  removeHomes(people: readonly string[]): Promise<number>;
  /**
   * Notes which roster gateways say that they follow, and answers which of them ought to get theirs. One that follows a
   * later version than is known here, as after a sink was restored from a copy, has its roster's version raised above it.
   */
  hear(heard: readonly HeardRoster[]): Promise<readonly RosterDue[]>;
  /** Gateways, in an order of their ids, that have not said yet that they follow their roster of now. */
  outstanding(query: { readonly afterGateway: string; readonly limit: number }): Promise<readonly RosterDue[]>;
}

export interface RosterReader {
  /** In an order of the people's references, to be read page after page. */
  homes(query: { readonly afterPerson: string; readonly limit: number }): Promise<readonly Home[]>;
  /**
   * Null for a gateway that never was anybody's home. Of more enrolments than a roster may hold, those that were made
   * last; of two under one id, the one that was made first.
   */
  roster(gateway: string): Promise<Roster | null>;
}

export interface Home {
  readonly person: string;
  /** The home hub's id. */
  readonly gateway: string;
}

export interface HeardRoster {
  readonly gateway: string;
  /** Null: it follows none. */
  readonly version: number | null;
}

/** A gateway, and the version of the roster that it ought to follow. */
export interface RosterDue {
  readonly gateway: string;
  readonly version: number;
}

/** A version of a gateway that is larger is not believed: 2^52 leaves room to grow by one for ever. */
export const rosterVersionMax = 2 ** 52;
