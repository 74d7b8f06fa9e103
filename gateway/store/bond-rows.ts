import type { Sqlite, Statement } from "../../cloud-sync/sqlite/connection.ts";
import type { DeviceBond } from "./store.ts";

type BondRow = Omit<DeviceBond, "forgetsKey"> & { readonly forgetsKey: number };

const bondOf = (row: BondRow): DeviceBond => ({ ...row, forgetsKey: row.forgetsKey === 1 });

/** What is known of the devices' keys. */
export class BondRows {
  readonly #sql: Sqlite;
  readonly #save: Statement<[BondRow]>;

  constructor(sql: Sqlite) {
    this.#sql = sql;
    this.#save = sql.prepare(`INSERT OR REPLACE INTO bonds
      (address, deviceId, name, state, since, method, forgetsKey, serial, model, fingerprint)
      VALUES (@address, @deviceId, @name, @state, @since, @method, @forgetsKey, @serial, @model, @fingerprint)`);
  }

  all(): readonly DeviceBond[] {
    return this.#sql.prepare<[], BondRow>("SELECT * FROM bonds ORDER BY since, address").all().map(bondOf);
  }

  save(bond: DeviceBond): void {
    this.#save.run({ ...bond, forgetsKey: bond.forgetsKey ? 1 : 0 });
  }

  forget(address: string): boolean {
    return this.#sql.prepare("DELETE FROM bonds WHERE address = ?").run(address).changes > 0;
  }

  forgetOf(deviceId: string): void {
    this.#sql.prepare("DELETE FROM bonds WHERE deviceId = ?").run(deviceId);
  }
}
