import * as fc from "fast-check";
import type { InjectOptions, LightMyRequestResponse } from "fastify";
import { expect, test } from "vitest";
import { everyOperation } from "../../../../gateway/kiosk/http/operations.ts";
import { staffMarks } from "../../../doubles/scripted-staff-desk.ts";
import { visitMarks } from "../../../doubles/scripted-visit-desk.ts";
import { checkAnswer, type KioskRig, kioskRig, own, pin, screenAt, staffScreen } from "./kiosk-rig.ts";

const reading = "7c0f6f0e-5f0a-5b3c-9d3e-6b1f0f4a2c11";

/** Bodies as the contract wants them, so that what is behind the schemas is reached. */
const rightBodies: Readonly<Record<string, object>> = {
  "/api/visit": { person: "sim-0007", language: "es" },
  "/api/visit/language": { language: "es" },
  "/api/visit/consent": { version: "1", sha256: "0".repeat(64), decision: "given", trend: true },
  "/api/visit/kind": { kind: "blood-pressure-monitor" },
  "/api/visit/pairing/choice": { device: "token-0001" },
  "/api/visit/pairing/answer": { number: 1, answer: { type: "passkey", passkey: "123456" } },
  "/api/visit/measurement": { device: "token-0001" },
  "/api/visit/enrolment": { device: "token-0001", userSlot: null },
  "/api/visit/step": { step: "goodbye" },
  "/api/staff/sign-in": { name: "bo", pin: "000000" },
  "/api/staff/held/assign": { readings: [reading], person: "sim-0007" },
  "/api/staff/held/discard": { readings: [reading] },
  "/api/staff/assignments": { deviceId: "device-1", userSlot: null, person: "sim-0007", consent: "c" },
  "/api/staff/assignments/end": { id: "a-1" },
  "/api/staff/devices/forget": { deviceId: "device-1" },
  "/api/staff/devices/kiosk": { deviceId: "device-1", isKiosks: true },
  "/api/staff/consents/withdraw": { person: "sim-0007" },
};

const rightOf = (method: string, path: string): object => (method === "POST" ? (rightBodies[path] ?? {}) : {});

type Who = "stranger" | "visitor" | "staff" | "former";

interface Question {
  readonly who: Who;
  readonly asked: readonly [method: string, path: string];
  /** Null: the one that the contract wants. */
  readonly body: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly hasToken: boolean;
}

const asked = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.constantFrom(
      ...everyOperation.filter(([name]) => name !== "live").map(([, { method, path }]) => [method, path] as const),
    ),
  },
  fc.tuple(
    fc.constantFrom("GET", "POST", "DELETE", "PUT", "PATCH", "OPTIONS"),
    fc.oneof(
      fc.constantFrom("/", "/staff", "/api/visit/", "/api/visit?x=1", "/api/staff//held", "/API/visit"),
      fc.webPath().map((path) => (path.startsWith("/") ? path : `/${path}`)),
    ),
  ),
);

const questions: fc.Arbitrary<Question> = fc.record({
  who: fc.constantFrom<Who>("stranger", "visitor", "staff", "former"),
  asked,
  body: fc.oneof(
    { weight: 6, arbitrary: fc.constant(null) },
    fc.constantFrom(...Object.values(rightBodies)).map((body) => JSON.stringify(body)),
    fc.json(),
    fc.string(),
    fc.constantFrom('{"__proto__":{"person":null}}', '{"constructor":{"prototype":{"a":1}}}', "null", '""'),
  ),
  headers: fc.oneof(
    { weight: 2, arbitrary: fc.constant({}) },
    fc.dictionary(
      fc.constantFrom(
        "host",
        "origin",
        "cookie",
        "x-carepost-csrf",
        "content-type",
        "sec-fetch-site",
        "accept-encoding",
        "x-http-method-override",
      ),
      fc.oneof(
        {
          weight: 2,
          arbitrary: fc.constantFrom(own.host, own.origin, "application/json", "carepost-visit=x", "same-origin"),
        },
        fc.stringMatching(/^[ -~]{0,40}$/),
      ),
      { maxKeys: 2 },
    ),
  ),
  hasToken: fc.constantFrom(true, true, true, true, true, true, false),
});

interface World extends KioskRig {
  readonly ask: (question: Question) => Promise<LightMyRequestResponse>;
}

/** A kiosk with a visit under way, staff who have signed in, and a browser of an earlier visit. */
async function world(): Promise<World> {
  const rig = await kioskRig();
  const former = screenAt(rig);
  await former.post("/api/visit", { person: null, language: "en" });
  const formerCookie = `carepost-visit=${former.cookies.get("carepost-visit")}`;
  rig.desk.forget();
  let staff = await staffScreen(rig);
  const staffCookie = async (): Promise<string> => {
    if ((await staff.get("/api/staff")).statusCode === 401) staff = await staffScreen(rig);
    return `carepost-staff=${staff.cookies.get("carepost-staff")}`;
  };
  /** The visit that is under way; a new one where the last has ended. None is where a stranger may begin one. */
  const visitCookie = async (isFree: boolean): Promise<string> => {
    if (rig.desk.current()?.view().ended !== null || isFree) rig.desk.forget();
    if (isFree) return "";
    if (rig.desk.current() === null) await screenAt(rig).post("/api/visit", { person: null, language: "en" });
    return `carepost-visit=${rig.desk.current()?.secret}`;
  };
  const cookieOf = async (who: Who, path: string): Promise<string> => {
    const visit = await visitCookie(who === "stranger" && path === "/api/visit");
    return who === "staff" ? await staffCookie() : { stranger: "", visitor: visit, former: formerCookie }[who];
  };
  return {
    ...rig,
    async ask({ who, asked: [method, path], body, headers, hasToken }) {
      const cookie = await cookieOf(who, path);
      const session = await rig.app.inject({ url: "/api/session", headers: { host: own.host, cookie } });
      const { csrfToken } = session.json<{ csrfToken: string }>();
      const base = { host: own.host, origin: own.origin, cookie, "content-type": "application/json" };
      const token = hasToken ? { "x-carepost-csrf": csrfToken } : {};
      const options = { method, url: path, headers: { ...base, ...token, ...headers } } as InjectOptions;
      // GET with a body is nothing that a browser sends.
      return await rig.app.inject(
        method === "GET" ? options : { ...options, payload: body ?? JSON.stringify(rightOf(method, path)) },
      );
    },
  };
}

interface Found {
  readonly statuses: Set<number>;
  /** Operations that were answered with 200. */
  readonly done: Set<string>;
}

/** Each answer is as documented, is no failure, and shows nothing of a visit or of staff to anybody else. */
async function search(rig: World, runs: number): Promise<Found> {
  const found: Found = { statuses: new Set(), done: new Set() };
  const property = fc.asyncProperty(questions, async (question) => {
    const {
      who,
      asked: [method, path],
      headers,
    } = question;
    const answer = await rig.ask(question);
    found.statuses.add(answer.statusCode);
    if (answer.statusCode === 200) found.done.add(`${method} ${path}`);
    checkAnswer(method, path, answer);
    expect(answer.statusCode).toBeLessThan(500);
    expect(answer.body).not.toMatch(/\.ts:|\bat \w+ \(|node_modules/);
    if (who === "visitor" || headers["cookie"] !== undefined) return;
    expect(answer.body).not.toContain(rig.desk.current()?.secret ?? "\0");
    // Who begins a visit sees it; there is no result in it yet.
    const secrets = [...Object.values(visitMarks), ...(who === "staff" ? [] : Object.values(staffMarks))];
    expect(secrets.filter((mark) => answer.body.includes(mark))).toEqual([]);
  });
  await fc.assert(property, { numRuns: runs, seed: 11 });
  return found;
}

test(
  "whatever is asked by whom, the answer is as documented, no failure, and tells nothing to the wrong one",
  { timeout: 240_000 },
  async () => {
    const rig = await world();
    const { statuses, done } = await search(rig, 1_500);
    expect([200, 400, 401, 403, 404, 409, 421].filter((status) => !statuses.has(status))).toEqual([]);
    const missed = everyOperation
      .map(([, { method, path }]) => `${method} ${path}`)
      .filter((operation) => !done.has(operation) && !["GET /api/live", "POST /api/staff/sign-in"].includes(operation));
    expect(missed).toEqual([]);
    expect(rig.log.lines).toEqual([]);
  },
);

/** What fast-check found, and why. */
const because = (message: string): object => ({ cause: { message: expect.stringContaining(message) } });

test(
  "the same search finds an answer that is not documented, a failure, and a leak",
  { timeout: 240_000 },
  async () => {
    const undocumented = await world();
    undocumented.desk.setOpen(JSON.parse('{"person":"sim-0001"}'));
    await expect(search(undocumented, 400)).rejects.toMatchObject(because("must NOT have additional properties"));
    const failing = await world();
    failing.staff.setKiosks = () => Promise.reject(new TypeError("planted"));
    await expect(search(failing, 2_500)).rejects.toMatchObject(because("to be less than 500"));
    const leaking = await world();
    leaking.desk.setOpen({ version: visitMarks.value });
    await expect(search(leaking, 400)).rejects.toMatchObject(because(visitMarks.value));
  },
);

test("no PIN is found by trying, whatever is tried", { timeout: 60_000 }, async () => {
  const rig = await kioskRig();
  const statuses = new Map<number, number>();
  const guesses = fc.asyncProperty(fc.stringMatching(/^\d{4,6}$/), async (guess) => {
    fc.pre(guess !== pin);
    const { statusCode } = await screenAt(rig).post("/api/staff/sign-in", { name: "counter-1", pin: guess });
    statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1);
  });
  await fc.assert(guesses, { numRuns: 100, seed: 3 });
  expect([...statuses]).toEqual([
    [401, 5],
    [429, 95],
  ]);
});
