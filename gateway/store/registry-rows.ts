import type { Sqlite, Statement } from "../../cloud-sync/sqlite/connection.ts";
import { BondRows } from "./bond-rows.ts";
import { SessionRows } from "./session-rows.ts";
import type { RegistryRequest, StoreAnswer, StoreRequest } from "./store-request.ts";
import type { Assignment, DeviceProgress, KnownDevice, Person } from "./store.ts";

/** Devices, people, what ties them together, and settings. */
export class RegistryRows {
  readonly #sql: Sqlite;
  readonly #saveDevice: Statement<[KnownDevice]>;
  readonly #saveProgress: Statement<[DeviceProgress]>;
  readonly #savePerson: Statement<[Person]>;
  readonly #meetPerson: Statement<[reference: string, at: number]>;
  readonly #saveAssignment: Statement<[Assignment]>;
  readonly #bonds: BondRows;
  readonly sessions: SessionRows;
  readonly #saveSetting: Statement<[name: string, value: string]>;

  constructor(sql: Sqlite) {
    this.#sql = sql;
    this.#bonds = new BondRows(sql);
    this.sessions = new SessionRows(sql);
    this.#saveDevice = sql.prepare(upsert("devices", "id", deviceColumns));
    this.#saveProgress = sql.prepare(upsert("progress", "deviceId", ["lastSequenceNumber", "lastDeviceTime"]));
    this.#savePerson = sql.prepare(upsert("people", "reference", ["createdAt"]));
    this.#meetPerson = sql.prepare("INSERT INTO people (reference, createdAt) VALUES (?, ?) ON CONFLICT DO NOTHING");
    this.#saveAssignment = sql.prepare(
      upsert("assignments", "id", ["deviceId", "userSlot", "person", "consent", "fromAt", "untilAt", "source"]),
    );
    this.#saveSetting = sql.prepare(
      "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    );
  }

  execute(request: RegistryRequest): StoreAnswer {
    if (isSave(request)) {
      this.#save(request);
      return { type: request.type };
    }
    const sql = this.#sql;
    switch (request.type) {
      case "devices":
        return { type: "devices", devices: sql.prepare<[], KnownDevice>(queries.devices).all() };
      case "bonds":
        return { type: "bonds", bonds: this.#bonds.all() };
      case "forget-bond":
        return { type: "forget-bond", wasKnown: this.#bonds.forget(request.address) };
      case "people":
        return { type: "people", people: sql.prepare<[], Person>(queries.people).all() };
      case "assignments":
        return { type: "assignments", assignments: sql.prepare<[], Assignment>(queries.assignments).all() };
      case "sessions":
        return { type: "sessions", sessions: this.sessions.list(request.sinceAt) };
      case "progress":
        return { type: "progress", progress: this.#progress(request.deviceId) };
      case "setting":
        return { type: "setting", value: this.#setting(request.name) };
      case "forget-device":
        return { type: "forget-device", wasKnown: this.#forgetDevice(request.id) };
      default:
        return request satisfies never;
    }
  }

  /** Who is named by a consent, an assignment or a session is known by it, as far as a person is ever known here. */
  meetPerson(reference: string, at: number): void {
    this.#meetPerson.run(reference, at);
  }

  #save(request: SaveRequest): void {
    switch (request.type) {
      case "save-device":
        this.#saveDevice.run(request.device);
        break;
      case "save-progress":
        this.#saveProgress.run(request.progress);
        break;
      case "save-bond":
        this.#bonds.save(request.bond);
        break;
      case "save-person":
        this.#savePerson.run(request.person);
        break;
      case "save-assignment":
        this.meetPerson(request.assignment.person, request.at);
        this.#saveAssignment.run(request.assignment);
        break;
      case "save-session":
        this.meetPerson(request.session.person, request.at);
        this.sessions.save(request.session);
        break;
      case "save-setting":
        this.#saveSetting.run(request.name, request.value);
        break;
    }
  }

  #progress(deviceId: string): DeviceProgress | null {
    const query = "SELECT * FROM progress WHERE deviceId = ?";
    return this.#sql.prepare<[string], DeviceProgress>(query).get(deviceId) ?? null;
  }

  #setting(name: string): string | null {
    return this.#sql.prepare<[string], string>("SELECT value FROM settings WHERE name = ?").pluck().get(name) ?? null;
  }

  #forgetDevice(id: string): boolean {
    this.#sql.prepare("DELETE FROM assignments WHERE deviceId = ?").run(id);
    this.#sql.prepare("DELETE FROM progress WHERE deviceId = ?").run(id);
    this.#bonds.forgetOf(id);
    this.sessions.release(id);
    return this.#sql.prepare("DELETE FROM devices WHERE id = ?").run(id).changes > 0;
  }
}

const queries = {
  devices: "SELECT * FROM devices ORDER BY firstSeenAt, id",
  people: "SELECT * FROM people ORDER BY reference",
  assignments: "SELECT * FROM assignments ORDER BY fromAt, id",
} as const;

const deviceColumns = [
  "driver",
  "address",
  "name",
  "manufacturer",
  "model",
  "serial",
  "systemId",
  "firmware",
  "batteryPercent",
  "clockOffsetMs",
  "firstSeenAt",
  "lastSeenAt",
];

type SaveRequest = Extract<RegistryRequest, { readonly type: `save-${string}` }>;

const questions: ReadonlySet<string> = new Set<Exclude<RegistryRequest, SaveRequest>["type"]>([
  "devices",
  "people",
  "assignments",
  "sessions",
  "progress",
  "bonds",
  "forget-bond",
  "setting",
  "forget-device",
]);

export function isRegistryRequest(request: StoreRequest): request is RegistryRequest {
  return request.type.startsWith("save-") || questions.has(request.type);
}

function isSave(request: RegistryRequest): request is SaveRequest {
  return request.type.startsWith("save-");
}

function upsert(table: string, key: string, columns: readonly string[]): string {
  const all = [key, ...columns];
  const updates = columns.map((column) => `${column} = excluded.${column}`);
  return `INSERT INTO ${table} (${all.join(", ")}) VALUES (${all.map((column) => `@${column}`).join(", ")})
    ON CONFLICT (${key}) DO UPDATE SET ${updates.join(", ")}`;
}
