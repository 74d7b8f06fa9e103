import type { Sqlite, Statement } from "../../cloud-sync/sqlite/connection.ts";
import type { KioskSession, SessionDevice } from "./store.ts";

type SessionRow = Omit<KioskSession, "devices">;

interface ListedRow extends SessionRow {
  /** As JSON. */
  readonly devices: string;
}

/** Stays at the kiosk, and the devices that each may claim readings of. */
export class SessionRows {
  readonly #save: Statement<[SessionRow]>;
  readonly #isThere: Statement<[id: string], number>;
  readonly #name: Statement<[session: string, deviceId: string, sinceAt: number]>;
  readonly #nameAll: Statement<[{ from: string; session: string; sinceAt: number }]>;
  readonly #release: Statement<[deviceId: string]>;
  readonly #list: Statement<[sinceAt: number], ListedRow>;

  constructor(sql: Sqlite) {
    // What has ended is never open again, and ends no later: an end may be told late, and more than once.
    this.#save = sql.prepare(
      `INSERT INTO sessions (id, person, consent, startedAt, endedAt)
       VALUES (@id, @person, @consent, @startedAt, @endedAt)
       ON CONFLICT (id) DO UPDATE SET person = excluded.person, consent = excluded.consent,
         startedAt = excluded.startedAt,
         endedAt = coalesce(min(endedAt, excluded.endedAt), endedAt, excluded.endedAt)`,
    );
    this.#isThere = sql.prepare<[string], number>("SELECT 1 FROM sessions WHERE id = ?").pluck();
    this.#name = sql.prepare(
      "INSERT INTO sessionDevices (session, deviceId, sinceAt) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    );
    this.#nameAll = sql.prepare(
      `INSERT INTO sessionDevices (session, deviceId, sinceAt)
       SELECT @session, deviceId, @sinceAt FROM sessionDevices WHERE session = @from ON CONFLICT DO NOTHING`,
    );
    this.#release = sql.prepare(
      `DELETE FROM sessionDevices
       WHERE deviceId = ? AND session IN (SELECT id FROM sessions WHERE endedAt IS NULL)`,
    );
    this.#list = sql.prepare(
      `SELECT *, (SELECT json_group_array(json_object('deviceId', deviceId, 'sinceAt', sinceAt) ORDER BY deviceId)
                  FROM sessionDevices WHERE session = sessions.id) AS devices
       FROM sessions WHERE endedAt IS NULL OR endedAt > ? ORDER BY startedAt, id`,
    );
  }

  /** Of one that is there already the devices stay as they are. */
  save({ devices, ...row }: KioskSession): void {
    const isNew = this.#isThere.get(row.id) === undefined;
    this.#save.run(row);
    if (isNew) for (const device of devices) this.name(row.id, device);
  }

  /** A device that is named already stays so since then. */
  name(session: string, { deviceId, sinceAt }: SessionDevice): void {
    this.#name.run(session, deviceId, sinceAt);
  }

  /** Saves a session that goes on from another one, with the devices that the other names by now. */
  continue(from: string, session: KioskSession): void {
    this.save(session);
    this.#nameAll.run({ from, session: session.id, sinceAt: session.startedAt });
  }

  /** No session that is open names the device any more. */
  release(deviceId: string): void {
    this.#release.run(deviceId);
  }

  list(sinceAt: number): readonly KioskSession[] {
    return this.#list.all(sinceAt).map(sessionOf);
  }
}

const sessionOf = ({ devices, ...row }: ListedRow): KioskSession => ({ ...row, devices: JSON.parse(devices) });
