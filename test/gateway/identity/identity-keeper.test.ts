import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { certificateFacts } from "../../../cloud-sync/identity/certificate-facts.ts";
import {
  issueGatewayCertificate,
  newIssuing,
  newKeyPem,
  newRoot,
  publicKeyPemOf,
} from "../../../cloud-sync/identity/certificates.ts";
import type { EnrolAnswer } from "../../../cloud-sync/identity/enrolment-contract.ts";
import { identityErrors } from "../../../cloud-sync/identity/identity-error.ts";
import { renewalAt } from "../../../gateway/identity/identity-condition.ts";
import { IdentityFolder } from "../../../gateway/identity/identity-folder.ts";
import { IdentityKeeper } from "../../../gateway/identity/identity-keeper.ts";
import { createVirtualClock, type VirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { seededRandom } from "../../../simulators/random.ts";
import { keptLog, type KeptLog } from "../../doubles/kept-log.ts";

const gateway = "gw-0001";
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const start = Date.UTC(2026, 3, 1);
const root = await newRoot({ name: "Test root", now: start, days: 3650 });
const authority = await newIssuing({ root, name: "Test issuing", now: start, days: 3650 });

test("a certificate is renewed between two thirds and three quarters of its life, for a new key, and then told", async () => {
  const desk = await openDesk();
  const first = desk.folder.current();
  await desk.advance(19.9 * dayMs);
  expect(desk.renewals).toEqual([]);
  await desk.advance(3 * dayMs);
  expect(desk.renewals).toHaveLength(1);
  const second = desk.folder.current();
  expect(second?.key).not.toBe(first?.key);
  expect(desk.keeper.expiresAt()).toBe(second?.facts.notAfter);
  expect(desk.renewed()).toBe(1);
});

test("over ten weeks there is no moment at which it has no valid certificate", async () => {
  const desk = await openDesk();
  const serials = new Set<string>();
  for (let hour = 0; hour < 70 * 24; hour += 4) {
    const { cert } = desk.keeper.tls();
    const { serial, notAfter, notBefore } = certificateFacts(cert ?? "");
    expect(notBefore).toBeLessThanOrEqual(desk.clock.now());
    expect(notAfter).toBeGreaterThan(desk.clock.now());
    serials.add(serial);
    await desk.advance(4 * hourMs);
  }
  expect(serials.size).toBe(4);
});

test("while the service is away it tries again and again, no more often than it must, also after the end", async () => {
  const desk = await openDesk();
  desk.answerWith(() => Promise.reject(identityErrors.make("enrolment-unreachable", "no route")));
  await desk.advance(29 * dayMs);
  const tries = desk.renewals.length;
  // Some hours of an hour at most each, with full jitter, over six to nine days.
  expect(tries).toBeGreaterThan(100);
  expect(tries).toBeLessThan(900);
  expect(desk.keeper.tls().cert).not.toBeNull();
  await desk.advance(5 * dayMs);
  expect(desk.log.lines.filter(({ fields }) => fields["reason"] === "expired")).toHaveLength(1);
  desk.answerWith(null);
  await desk.advance(2 * hourMs);
  expect(desk.keeper.expiresAt()).toBeGreaterThan(desk.clock.now() + 29 * dayMs);
});

test("a renewal that was asked for and not answered is asked for again with the same key", async () => {
  const desk = await openDesk();
  desk.answerWith(() => Promise.reject(identityErrors.make("enrolment-unreachable", "cut off")));
  await desk.advance(24 * dayMs);
  expect(new Set(desk.renewals).size).toBe(1);
  desk.answerWith(null);
  await desk.advance(2 * hourMs);
  expect(desk.folder.current()?.key).toBe(desk.renewals[0]);
});

test("an answer that does not fit changes nothing and is told", async () => {
  const desk = await openDesk();
  const before = desk.folder.current();
  const misfit = await answerFor(newKeyPem(), start);
  desk.answerWith(() => Promise.resolve(misfit));
  await desk.advance(24 * dayMs);
  expect(desk.folder.current()).toEqual(before);
  expect(desk.log.lines.find(({ event }) => event === "identity-renewal-failed")?.fields).toMatchObject({
    code: "enrolment-answer-wrong",
  });
});

test("a failure that nobody foresaw does not end it", async () => {
  const desk = await openDesk();
  desk.answerWith(() => Promise.reject(new TypeError("broken")));
  await desk.advance(24 * dayMs);
  desk.answerWith(null);
  await desk.advance(2 * hourMs);
  expect(desk.renewed()).toBe(1);
});

test("a gateway that is not enrolled says so once, and uses an identity as soon as there is one", async () => {
  const desk = await openDesk({ enrolled: false });
  await desk.advance(dayMs);
  expect(() => desk.keeper.tls()).toThrow(expect.objectContaining({ code: "identity-absent" }));
  expect(desk.keeper.expiresAt()).toBeNull();
  expect(desk.log.lines).toEqual([{ level: "warn", event: "identity", fields: { reason: "absent" } }]);
  desk.folder.install(await answerFor(desk.folder.pendingKey(), desk.clock.now()));
  expect(desk.keeper.tls().cert).toContain("BEGIN CERTIFICATE");
});

test("a clock that lies before the certificate is told, and renews nothing", async () => {
  const desk = await openDesk();
  desk.clock.jump(-365 * dayMs);
  await desk.advance(hourMs);
  expect(desk.log.lines.at(-1)).toMatchObject({ level: "warn", fields: { reason: "not-yet-valid" } });
  expect(desk.renewals).toEqual([]);
});

test("gateways that were enrolled together renew over days, not in one minute", () => {
  const dates = { notBefore: start, notAfter: start + 30 * dayMs };
  const times = Array.from({ length: 1000 }, (_, index) => renewalAt({ ...dates, serial: `4${index}` }));
  expect(Math.min(...times)).toBeGreaterThanOrEqual(start + 20 * dayMs);
  expect(Math.max(...times)).toBeLessThanOrEqual(start + 22.5 * dayMs);
  const hours = Map.groupBy(times, (at) => Math.floor(at / hourMs));
  expect(Math.max(...[...hours.values()].map(({ length }) => length))).toBeLessThan(50);
});

interface KeeperDesk {
  readonly clock: VirtualClock;
  /** Lets time pass, and waits for what was to be signed meanwhile, which takes real time. */
  advance(durationMs: number): Promise<void>;
  readonly folder: IdentityFolder;
  readonly keeper: IdentityKeeper;
  readonly log: KeptLog;
  /** The key of each request. */
  readonly renewals: readonly string[];
  /** How often connections were told to begin anew. */
  renewed(): number;
  /** What the service does; null: it issues. */
  answerWith(answer: (() => Promise<EnrolAnswer>) | null): void;
}

async function openDesk({ enrolled } = { enrolled: true }): Promise<KeeperDesk> {
  const path = mkdtempSync(join(tmpdir(), "carepost-keeper-"));
  const clock = createVirtualClock(start);
  const folder = new IdentityFolder(path, gateway);
  if (enrolled) folder.install(await answerFor(folder.pendingKey(), start));
  const log = keptLog();
  const underWay = tracker();
  const renewals: string[] = [];
  let renewed = 0;
  let answering: (() => Promise<EnrolAnswer>) | null = null;
  const keeper = new IdentityKeeper({
    folder,
    gateway,
    clock,
    random: seededRandom(1),
    log,
    onRenewed: () => (renewed += 1),
    renew: async (_tls, key) => {
      renewals.push(key);
      return await (answering?.() ?? underWay.track(answerFor(key, clock.now())));
    },
  });
  const stopping = new AbortController();
  const run = keeper.run(stopping.signal);
  onTestFinished(async () => {
    stopping.abort();
    await run;
    rmSync(path, { recursive: true });
  });
  return {
    clock,
    advance: async (durationMs) => {
      for (let restMs = durationMs; restMs > 0; restMs -= hourMs) {
        await clock.advance(Math.min(restMs, hourMs));
        await underWay.ended();
        await clock.settle();
      }
    },
    folder,
    keeper,
    log,
    renewals,
    renewed: () => renewed,
    answerWith: (answer) => {
      answering = answer;
    },
  };
}

interface Tracker {
  track<T>(work: Promise<T>): Promise<T>;
  ended(): Promise<void>;
}

function tracker(): Tracker {
  let last: Promise<unknown> = Promise.resolve();
  return {
    track: (work) => {
      last = work;
      return work;
    },
    ended: async () => {
      await last;
    },
  };
}

async function answerFor(key: string, now: number): Promise<EnrolAnswer> {
  const cert = await issueGatewayCertificate({ authority, gateway, publicKey: publicKeyPemOf(key), now });
  return { gateway, chain: cert + authority.cert, ca: root.cert, at: now };
}
