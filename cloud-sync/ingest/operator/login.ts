import { randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "../../../device-drivers/ports/clock.ts";
import { createLockOut } from "./lock-out.ts";
import { operatorErrors } from "./operator-error.ts";
import { matches, type PasswordEntry } from "./password-file.ts";

/** Who is logged in. Sessions are in memory: they end with the ingestor, after 8 hours, or after an hour of silence. */
export interface Login {
  /** Resolves with the session's secret, for the cookie. Rejects with `login-refused` or `login-locked`. */
  attempt(name: string, password: string, address: string): Promise<string>;
  session(secret: string): OperatorSession | null;
  end(secret: string): void;
}

export interface OperatorSession {
  readonly user: string;
  readonly csrfToken: string;
}

const sessionMsMax = 8 * 3_600_000;
const idleMsMax = 3_600_000;
const sessionsMax = 256;
/** Each takes 32 MiB for a tenth of a second; more at a time would be a way to stop the ingestor. */
const attemptsUnderWayMax = 2;

interface KeptSession extends OperatorSession {
  readonly startedMs: number;
  usedMs: number;
}

export function createLogin(entries: readonly PasswordEntry[], clock: Clock): Login {
  const sessions = new Map<string, KeptSession>();
  const byAddress = createLockOut(clock, { failuresMax: 5, keysMax: 10_000 });
  // Of a name more is borne, so that a stranger who fails on purpose does not soon lock out its owner.
  const byName = createLockOut(clock, { failuresMax: 20, keysMax: entries.length + 1 });
  let underWay = 0;

  const isOver = ({ startedMs, usedMs }: KeptSession): boolean => {
    const nowMs = clock.monotonicMs();
    return nowMs - startedMs > sessionMsMax || nowMs - usedMs > idleMsMax;
  };

  const begin = (user: string): string => {
    for (const [secret, session] of sessions) if (isOver(session)) sessions.delete(secret);
    const [oldest] = sessions.keys();
    if (sessions.size >= sessionsMax && oldest !== undefined) sessions.delete(oldest);
    const secret = randomBytes(32).toString("base64url");
    const nowMs = clock.monotonicMs();
    sessions.set(secret, { user, csrfToken: newToken(), startedMs: nowMs, usedMs: nowMs });
    return secret;
  };

  return {
    async attempt(name, password, address) {
      const entry = entries.find((candidate) => candidate.name === name);
      const account = entry?.name ?? "";
      if (byAddress.isLocked(address) || byName.isLocked(account) || underWay >= attemptsUnderWayMax) {
        throw operatorErrors.make("login-locked", "too many attempts");
      }
      underWay += 1;
      const isRight = await matches(entry, password).finally(() => (underWay -= 1));
      if (!isRight) {
        byAddress.failed(address);
        byName.failed(account);
        throw operatorErrors.make("login-refused", "the name or the password is wrong");
      }
      byAddress.succeeded(address);
      byName.succeeded(account);
      return begin(account);
    },
    session(secret) {
      const session = sessions.get(secret);
      if (session === undefined) return null;
      if (isOver(session)) {
        sessions.delete(secret);
        return null;
      }
      session.usedMs = clock.monotonicMs();
      return session;
    },
    end: (secret) => void sessions.delete(secret),
  };
}

export const newToken = (): string => randomBytes(24).toString("base64url");

/** In a time that does not tell how much of it was right. */
export function isSameSecret(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.byteLength === b.byteLength && timingSafeEqual(a, b);
}
