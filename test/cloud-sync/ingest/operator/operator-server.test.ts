import * as fc from "fast-check";
import type { InjectOptions, LightMyRequestResponse } from "fastify";
import { expect, test } from "vitest";
import type { SessionAnswer } from "../../../../cloud-sync/ingest/operator/fleet-api.ts";
import { idOf, keepSomeDeadLetters, liveTwoHours } from "../../../doubles/simulated-operator.ts";
import { glucose } from "../sample-readings.ts";
import { operatorRig, own, type OperatorRig } from "./operator-rig.ts";

const host = own.host;

const tokenOf = async ({ app }: OperatorRig): Promise<string> => {
  const answer = await app.inject({ url: "/api/session", headers: { host } });
  return answer.json<SessionAnswer>().csrfToken ?? "";
};

test("the page and its modules are served without types, uncached, under a policy that allows nothing inline", async () => {
  const { app } = await operatorRig();
  const page = await app.inject({ url: "/", headers: { host } });
  expect(page.statusCode).toBe(200);
  expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
  expect(page.headers["cache-control"]).toBe("no-store");
  expect(page.headers["content-security-policy"]).toContain("default-src 'none';script-src 'self';style-src 'self'");
  expect(page.headers["content-security-policy"]).not.toContain("unsafe");
  expect(page.body).not.toMatch(/<style|style=|<script(?! type="module" src=)|\son[a-z]+="/);
  const script = await app.inject({ url: "/main.ts", headers: { host } });
  expect(script.headers["content-type"]).toBe("text/javascript; charset=utf-8");
  expect(script.body).toContain("async function show()");
  expect(script.body).not.toContain("Promise<void>");
});

test("a request that names another host is refused, whatever it asks for", async () => {
  const { app } = await operatorRig();
  for (const url of ["/", "/api/fleet", "/metrics", "/healthz", "/nothing"]) {
    for (const name of ["evil.example", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "[::2]", "x/127.0.0.1"]) {
      const answer = await app.inject({ url, headers: { host: name } });
      expect([url, name, answer.statusCode]).toEqual([url, name, 421]);
    }
  }
  for (const name of ["localhost:1", "[::1]:9464", "FLEET.example.org"]) {
    expect((await app.inject({ url: "/healthz", headers: { host: name } })).statusCode).toBe(200);
  }
});

test("the API answers our own page and programs, and no other site", async () => {
  const { app } = await operatorRig();
  const asked = async (headers: Record<string, string>): Promise<number> =>
    (await app.inject({ url: "/api/fleet", headers: { host, ...headers } })).statusCode;
  expect(await asked({})).toBe(200);
  expect(await asked({ "sec-fetch-site": "same-origin", origin: own.origin })).toBe(200);
  expect(await asked({ "sec-fetch-site": "cross-site" })).toBe(403);
  expect(await asked({ "sec-fetch-site": "same-site" })).toBe(403);
  expect(await asked({ origin: "http://evil.example" })).toBe(403);
  expect(await asked({ origin: "null" })).toBe(403);
});

test("a replay needs the origin of the page and the token of its session", async () => {
  const rig = await operatorRig();
  await keepSomeDeadLetters(rig, { wrong: true }, glucose(2));
  const csrf = await tokenOf(rig);
  const replay = async (
    headers: Record<string, string>,
    payload: object = { code: "reading-unstorable" },
  ): Promise<number> =>
    (await rig.app.inject({ method: "POST", url: "/api/dead-letters/replay", headers: { host, ...headers }, payload }))
      .statusCode;
  expect(await replay({ "x-carepost-csrf": csrf })).toBe(403);
  expect(await replay({ "x-carepost-csrf": csrf, origin: "http://evil.example" })).toBe(403);
  expect(await replay({ origin: own.origin })).toBe(403);
  expect(await replay({ "x-carepost-csrf": "x".repeat(csrf.length), origin: own.origin })).toBe(403);
  expect(await rig.memory.counts()).toMatchObject({ readings: 0 });
  expect(await replay({ "x-carepost-csrf": csrf, origin: own.origin }, { ids: [] })).toBe(400);
  expect(await replay({ "x-carepost-csrf": csrf, origin: own.origin }, { ids: [1], code: "a" })).toBe(400);
  expect(await replay({ "x-carepost-csrf": csrf, origin: own.origin })).toBe(200);
  expect(await rig.memory.counts()).toEqual({ readings: 1, deadLetters: 3 });
});

test("a support bundle is asked for with the token of the session, and of a gateway's id", async () => {
  const rig = await operatorRig();
  const headers = { host, origin: own.origin, "x-carepost-csrf": await tokenOf(rig) };
  const askFor = (gateway: string, changes: object = {}): Promise<LightMyRequestResponse> =>
    rig.app.inject({
      method: "POST",
      url: `/api/gateways/${gateway}/support-bundle`,
      headers: { ...headers, ...changes },
      payload: {},
    });
  const answer = await askFor("gw-1");
  expect([answer.statusCode, answer.json()]).toEqual([200, { about: "simulated", gateway: "gw-1" }]);
  expect(answer.headers["cache-control"]).toBe("no-store");
  expect((await askFor("gw-1", { "x-carepost-csrf": "" })).statusCode).toBe(403);
  expect((await askFor("gw-1", { origin: "http://evil.example" })).statusCode).toBe(403);
  expect((await askFor("%23")).statusCode).toBe(400);
  const guarded = await operatorRig({ hasLogin: true });
  const refused = await guarded.app.inject({ method: "POST", url: "/api/gateways/gw-1/support-bundle", headers });
  expect(refused.statusCode).toBe(401);
});

test("dead letters are grouped, with neither a person nor a value in what is sent", async () => {
  const rig = await operatorRig();
  const wrong = { ...glucose(1), concentration: { value: "104" }, "sim-0001 of 12 High Street": "secret-name" };
  await keepSomeDeadLetters(rig, wrong, glucose(2));
  const answer = await rig.app.inject({ url: "/api/dead-letters", headers: { host } });
  expect(answer.json()).toMatchObject({
    total: 4,
    examined: 4,
    isAll: true,
    groups: [{ code: "reading-invalid", letters: 2 }, {}, {}],
  });
  for (const hidden of [
    "sim-0001",
    "104",
    "High Street",
    "secret-name",
    "SN-0001",
    "0B0100EA",
    "0011223344556677",
    "2026-01-30",
  ]) {
    expect(answer.body).not.toContain(hidden);
  }
  expect(answer.body).toContain("glucose");
});

test("the list is paged, and a query that is not of the contract is refused with the name of the field", async () => {
  const rig = await operatorRig();
  await liveTwoHours(rig, 120);
  const ask = async (url: string) => await rig.app.inject({ url, headers: { host } });
  expect((await ask("/api/gateways?offset=100&limit=200&order=gateway")).json()).toMatchObject({
    total: 120,
    rows: { length: 20, 0: { gateway: idOf(100) } },
  });
  for (const bad of [
    "limit=0",
    "limit=201",
    "limit=1e3",
    "offset=-1",
    "order=x",
    "condition=x",
    "hello=1",
    "search=a&search=b",
    `search=${"a".repeat(65)}`,
  ]) {
    expect([bad, (await ask(`/api/gateways?${bad}`)).statusCode]).toEqual([bad, 400]);
  }
  expect((await ask("/api/gateways?limit=0")).json()).toMatchObject({
    error: { code: "request-invalid", message: "limit is invalid" },
  });
  expect((await ask(`/api/gateways/${idOf(3)}`)).json()).toMatchObject({
    gateway: idOf(3),
    advice: [{ name: "online" }],
  });
  expect((await ask("/api/gateways/gw-unknown")).statusCode).toBe(404);
});

test("no path leads out of the page's folder", async () => {
  const { app } = await operatorRig();
  const outside = [
    "/../operator-error.ts",
    "/%2e%2e/operator-error.ts",
    "/..%2f..%2f..%2fpackage.json",
    "/main.ts/../README.md",
    "/README.md",
    "/tsconfig.json",
    "/%00",
    "//etc/passwd",
    "/page.html",
  ];
  for (const url of outside) {
    const { statusCode, body } = await app.inject({ url, headers: { host } });
    expect([url, statusCode]).toEqual([url, 404]);
    expect(body).toContain("not-here");
  }
});

test("what is too large, no JSON, or dressed as a prototype is refused, and never a failure of ours", async () => {
  const rig = await operatorRig();
  const headers = {
    host,
    origin: own.origin,
    "x-carepost-csrf": await tokenOf(rig),
    "content-type": "application/json",
  };
  const post = async (payload: string, changes: Record<string, string> = {}): Promise<number> =>
    (
      await rig.app.inject({
        method: "POST",
        url: "/api/dead-letters/replay",
        headers: { ...headers, ...changes },
        payload,
      })
    ).statusCode;
  expect(await post(JSON.stringify({ code: "a".repeat(20_000) }))).toBe(413);
  expect(await post("{")).toBe(400);
  expect(await post('{"__proto__": {"code": "x"}}')).toBe(400);
  expect(await post('{"constructor": {"prototype": {}}}')).toBe(400);
  expect(await post("code=x", { "content-type": "application/x-www-form-urlencoded" })).toBe(415);
  expect(rig.log.lines).toEqual([]);
});

test("readiness follows the sink; metrics want their token where there is one", async () => {
  const rig = await operatorRig({ metricsToken: "t0ken" });
  const status = async (url: string, headers: Record<string, string> = {}): Promise<number> =>
    (await rig.app.inject({ url, headers: { host, ...headers } })).statusCode;
  expect(await status("/readyz")).toBe(200);
  rig.watch.observer.onCommit({ readings: 1, durationMs: 1, isDone: false });
  expect(await status("/readyz")).toBe(503);
  expect(await status("/healthz")).toBe(200);
  rig.watch.observer.onCommit({ readings: 1, durationMs: 1, isDone: true });
  expect(await status("/readyz")).toBe(200);
  expect(await status("/metrics")).toBe(401);
  expect(await status("/metrics", { authorization: "Bearer t0keN" })).toBe(401);
  expect(await status("/metrics", { authorization: "Bearer t0ken" })).toBe(200);
});

test("who asks more often than a page would is told to wait", async () => {
  const { app } = await operatorRig({ requestsPerMinuteMax: 3 });
  const codes: number[] = [];
  for (let index = 0; index < 5; index += 1)
    codes.push((await app.inject({ url: "/healthz", headers: { host } })).statusCode);
  expect(codes).toEqual([200, 200, 200, 429, 429]);
});

const paths = [
  "/",
  "/healthz",
  "/metrics",
  "/api/fleet",
  "/api/gateways",
  "/api/gateways/x",
  "/api/dead-letters/replay",
];

/** Mostly nearly right, so that what is wrong with a request is met at every depth. */
const requests = fc.record({
  method: fc.oneof(
    { weight: 3, arbitrary: fc.constant("GET" as const) },
    fc.constantFrom("POST", "PUT", "DELETE", "HEAD"),
  ),
  url: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...paths, "/api/login", "/api/session") },
    fc.webPath().map((path) => (path.startsWith("/") ? path : `/${path}`)),
  ),
  query: fc.dictionary(fc.constantFrom("search", "condition", "order", "offset", "limit", "__proto__"), fc.string(), {
    maxKeys: 2,
  }),
  headers: fc.dictionary(
    fc.constantFrom("host", "origin", "cookie", "x-carepost-csrf", "content-type", "authorization", "sec-fetch-site"),
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(host, own.origin, "application/json", "carepost=x", "same-origin") },
      fc.stringMatching(/^[ -~]{0,40}$/),
    ),
    { maxKeys: 3 },
  ),
  payload: fc.oneof(fc.string(), fc.json()),
});

/** The statuses that a server answers. */
async function statuses(rig: OperatorRig, runs: number): Promise<ReadonlySet<number>> {
  const found = new Set<number>();
  const fuzz = fc.asyncProperty(requests, async ({ method, payload, headers, ...request }) => {
    const options: InjectOptions = { ...request, method, headers: { host, ...headers } };
    found.add(
      (await rig.app.inject(method === "GET" || method === "HEAD" ? options : { ...options, payload })).statusCode,
    );
  });
  await fc.assert(fuzz, { numRuns: runs, seed: 4 });
  return found;
}

test("whatever is asked, the server has an answer that is no failure", async () => {
  for (const hasLogin of [false, true]) {
    const rig = await operatorRig({ hasLogin });
    const found = await statuses(rig, 800);
    expect([...found].filter((status) => status >= 500)).toEqual([]);
    expect([200, 400, 403, 404, 421].filter((status) => !found.has(status))).toEqual([]);
    expect(rig.log.lines).toEqual([]);
  }
});

test("the same search finds a route that does fail", async () => {
  const planted = await operatorRig();
  planted.watch.fleet.census = () => {
    throw new TypeError("planted");
  };
  expect(await statuses(planted, 400)).toContain(500);
  expect(planted.log.lines[0]).toMatchObject({ event: "operator-request-failed", fields: { code: "operator-failed" } });
});
