import { randomBytes } from "node:crypto";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import { httpErrors } from "./http-error.ts";
import type { LockOut } from "./lock-out.ts";
import { matches, type SecretEntry } from "./secret-line.ts";
import { newToken } from "./secret-text.ts";

/** Who is logged in. Sessions are in memory: they end with the program, after a time, or after a time of silence. */
export interface Login {
  /** Resolves with the session's secret, for the cookie. Rejects with `login-refused` or `login-locked`. */
  attempt(name: string, password: string, address: string): Promise<string>;
  /** Counts as a sign of life. */
  session(secret: string): LoginSession | null;
  /** Does not. */
  peek(secret: string): LoginSession | null;
  end(secret: string): void;
}

export interface LoginSession {
  readonly user: string;
  readonly csrfToken: string;
}

export interface LoginLimits {
  readonly sessionMsMax: number;
  readonly idleMsMax: number;
  readonly sessionsMax: number;
  readonly byAddress: LockOut;
  /** Its keys are those that `accountOf` gives. */
  readonly byAccount: LockOut;
}

/** Each takes 32 MiB for a tenth of a second; more at a time would be a way to stop the program. */
const attemptsUnderWayMax = 2;

interface KeptSession extends LoginSession {
  readonly startedMs: number;
  usedMs: number;
}

/** One account for all the names that nobody has. A name that was given another password is another account. */
export const accountOf = (entry: SecretEntry | undefined): string =>
  entry === undefined ? "" : `${entry.name}:${Buffer.from(entry.salt).toString("base64url").slice(0, 8)}`;

export function createLogin(entries: readonly SecretEntry[], clock: Clock, limits: LoginLimits): Login {
  const { sessionMsMax, idleMsMax, sessionsMax, byAddress, byAccount } = limits;
  const sessions = new Map<string, KeptSession>();
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

  const find = (secret: string): KeptSession | null => {
    const session = sessions.get(secret);
    if (session === undefined) return null;
    if (!isOver(session)) return session;
    sessions.delete(secret);
    return null;
  };

  return {
    async attempt(name, password, address) {
      const entry = entries.find((candidate) => candidate.name === name);
      const account = accountOf(entry);
      if (byAddress.isLocked(address) || byAccount.isLocked(account) || underWay >= attemptsUnderWayMax) {
        throw httpErrors.make("login-locked", "too many attempts");
      }
      underWay += 1;
      const isRight = await matches(entry, password).finally(() => (underWay -= 1));
      if (!isRight) {
        byAddress.failed(address);
        byAccount.failed(account);
        throw httpErrors.make("login-refused", "the name, or what was given with it, is wrong");
      }
      byAddress.succeeded(address);
      byAccount.succeeded(account);
      return begin(name);
    },
    session(secret) {
      const session = find(secret);
      if (session !== null) session.usedMs = clock.monotonicMs();
      return session;
    },
    peek: find,
    end: (secret) => void sessions.delete(secret),
  };
}
