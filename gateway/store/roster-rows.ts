import type { Roster, RosterEntry } from "../../cloud-sync/contract/roster.ts";
import type { Sqlite, Statement } from "../../cloud-sync/sqlite/connection.ts";
import type { RemovalRows } from "./removal-rows.ts";

/** Under this name the settings keep the version of the roster that is followed. */
export const rosterVersionSetting = "store.roster-version";

/** The cloud's assignments, one roster at a time. */
export class RosterRows {
  readonly #removals: RemovalRows;
  readonly #version: Statement<[name: string], string>;
  readonly #saveVersion: Statement<[name: string, value: string]>;
  readonly #clear: Statement<[]>;
  readonly #meetPerson: Statement<[reference: string, at: number]>;
  readonly #insert: Statement<[RosterEntry]>;

  constructor(sql: Sqlite, removals: RemovalRows) {
    this.#removals = removals;
    this.#version = sql.prepare<[string], string>("SELECT value FROM settings WHERE name = ?").pluck();
    this.#saveVersion = sql.prepare(
      "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    );
    this.#clear = sql.prepare("DELETE FROM assignments WHERE source = 'roster'");
    this.#meetPerson = sql.prepare("INSERT INTO people (reference, createdAt) VALUES (?, ?) ON CONFLICT DO NOTHING");
    this.#insert = sql.prepare(
      `INSERT INTO assignments (id, deviceId, userSlot, person, consent, fromAt, untilAt, source)
       VALUES (@id, @device, @userSlot, @person, @consent, @fromAt, @untilAt, 'roster') ON CONFLICT (id) DO NOTHING`,
    );
  }

  version(): number | null {
    const text = this.#version.get(rosterVersionSetting);
    return text === undefined ? null : Number(text);
  }

  follow(roster: Roster, at: number): "followed" | "stale" {
    const followed = this.version();
    if (followed !== null && followed >= roster.version) return "stale";
    this.#clear.run();
    for (const entry of roster.assignments) {
      this.#meetPerson.run(entry.person, at);
      this.#insert.run({ ...entry, untilAt: this.#untilAt(entry) });
    }
    this.#saveVersion.run(rosterVersionSetting, String(roster.version));
    return "followed";
  }

  /** Whoever made the roster may not have heard yet that the person withdrew here. */
  #untilAt({ person, fromAt, untilAt }: RosterEntry): number | null {
    const withdrawnAt = this.#removals.withdrawnAt(person);
    if (withdrawnAt === null || fromAt > withdrawnAt) return untilAt;
    return Math.min(untilAt ?? Infinity, withdrawnAt);
  }
}
