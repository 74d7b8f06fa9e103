import type { RosterBook } from "../../roster-book.ts";
import {
  hearRosters,
  homesAfter,
  outstandingRosters,
  removeHomes,
  rosterOfGateway,
  setHomes,
} from "./roster-tables.ts";
import type { Session } from "./session.ts";

/** @param ask lends a session, and says its failures in the words of the port */
export const openRosterBook = (ask: <T>(work: (session: Session) => Promise<T>) => Promise<T>): RosterBook => ({
  setHomes: (homes) => ask((session) => setHomes(session, homes)),
  removeHomes: (people) => ask((session) => removeHomes(session, people)),
  hear: (heard) => ask((session) => hearRosters(session, heard)),
  outstanding: (query) => ask((session) => outstandingRosters(session, query)),
  homes: (query) => ask((session) => homesAfter(session, query)),
  roster: (gateway) => ask((session) => rosterOfGateway(session, gateway)),
});
