import { createLogin, type Login } from "../../http/login.ts";
import { createLockOut } from "../../http/lock-out.ts";
import type { SecretEntry } from "../../http/secret-line.ts";
import type { Clock } from "../../../device-drivers/ports/clock.ts";

/** Operators' sessions end after 8 hours, or after an hour of silence. */
export const operatorLogin = (entries: readonly SecretEntry[], clock: Clock): Login =>
  createLogin(entries, clock, {
    sessionMsMax: 8 * 3_600_000,
    idleMsMax: 3_600_000,
    sessionsMax: 256,
    byAddress: createLockOut(clock, { failuresMax: 5, keysMax: 10_000 }),
    // Of a name more is borne, so that a stranger who fails on purpose does not soon lock out its owner.
    byAccount: createLockOut(clock, { failuresMax: 20, keysMax: entries.length + 1 }),
  });
