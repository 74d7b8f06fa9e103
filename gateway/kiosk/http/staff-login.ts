import { httpErrors } from "../../../cloud-sync/http/http-error.ts";
import { createLockOut } from "../../../cloud-sync/http/lock-out.ts";
import { accountOf, createLogin, type Login, type LoginSession } from "../../../cloud-sync/http/login.ts";
import type { SecretEntry } from "../../../cloud-sync/http/secret-line.ts";
import type { Clock } from "../../../device-drivers/ports/clock.ts";
import { z } from "zod";
import type { AuditAction, Store } from "../../store/store.ts";

/** Staff who sign in with a PIN, each time in the audit log. */
export interface StaffLogin extends Pick<Login, "peek" | "session"> {
  /** Resolves with the session's secret. Rejects with `login-refused`, `login-locked`, or what the store rejects with. */
  signIn(name: string, pin: string, address: string): Promise<string>;
  signOut(secret: string): Promise<void>;
}

export interface StaffLoginPorts {
  readonly entries: readonly SecretEntry[];
  readonly clock: Clock;
  readonly now: () => number;
  readonly store: Pick<Store, "record" | "setting" | "saveSetting">;
}

export interface StaffTimes {
  /** Without a change made by them. */
  readonly idleMsMax: number;
  readonly sessionMsMax: number;
}

/**
 * A PIN is weak, so what can be tried is bounded: of one name five PINs in a row, then one after a minute, after two, after
 * four, … after a day; after twenty the name stays closed until it is given a new PIN. So whoever tries day and night has
 * twenty of the 10,000 PINs of four digits, which takes them five days and a half, and is right with a chance of 0.2 %; of
 * six digits, 0.002 %. A success forgives half of what failed before it: whoever waits for staff to sign in meanwhile has
 * two attempts each time. Failures outlive a restart, and the wait begins anew with it.
 */
export const staffLockOut = {
  failuresMax: 5,
  firstLockMs: 60_000,
  lockMsMax: 86_400_000,
  failuresFinal: 20,
  forgivesHalf: true,
  keysMax: 1_000,
};

/** Against who tries one name after the other. */
const byAddress = { failuresMax: 10, keysMax: 1_000 };

const tallyName = "kiosk-staff-failures";
const tallies = z.record(z.string().max(80), z.int().min(1).max(1_000));

export async function openStaffLogin(ports: StaffLoginPorts, times: StaffTimes): Promise<StaffLogin> {
  const { entries, clock, now, store } = ports;
  const kept = tallies.safeParse(parsed((await store.setting(tallyName)) ?? "{}"));
  const accounts = createLockOut(clock, staffLockOut, knownOnly(kept.data, entries));
  const login = createLogin(entries, clock, {
    ...times,
    sessionsMax: 64,
    byAddress: createLockOut(clock, byAddress),
    byAccount: accounts,
  });
  const audit = async (action: AuditAction, actor: string, subject: { readonly name?: string }): Promise<void> => {
    await store.record({ changes: [], events: [], audit: [{ at: now(), actor, action, subject }] });
  };
  const keepTallies = (): Promise<void> => store.saveSetting(tallyName, JSON.stringify(accounts.tallies()));

  return {
    async signIn(name, pin, address) {
      try {
        const secret = await login.attempt(name, pin, address);
        await Promise.all([keepTallies(), audit("staff-signed-in", actorOf(name), {})]).catch((error: unknown) => {
          // Nobody looks at anything here without a trace.
          login.end(secret);
          throw error;
        });
        return secret;
      } catch (error) {
        if (!httpErrors.is(error, "login-refused")) throw error;
        // A name that is nobody's may be a PIN that was typed into the wrong field.
        const known = entries.some((entry) => entry.name === name) ? { name } : {};
        await Promise.all([keepTallies(), audit("staff-sign-in-refused", "gateway", known)]);
        throw error;
      }
    },
    async signOut(secret) {
      const session = login.peek(secret);
      login.end(secret);
      if (session !== null) await audit("staff-signed-out", actorOf(session.user), {});
    },
    peek: (secret): LoginSession | null => login.peek(secret),
    session: (secret): LoginSession | null => login.session(secret),
  };
}

export const actorOf = (name: string): string => `staff:${name}`;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** Of the names and PINs that there still are. */
function knownOnly(
  failures: Readonly<Record<string, number>> = {},
  entries: readonly SecretEntry[],
): Readonly<Record<string, number>> {
  const accounts = new Set(entries.map(accountOf));
  return Object.fromEntries(Object.entries(failures).filter(([account]) => accounts.has(account)));
}
