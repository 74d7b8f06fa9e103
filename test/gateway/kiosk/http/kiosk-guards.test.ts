import type { InjectOptions } from "fastify";
import { expect, test } from "vitest";
import { everyOperation } from "../../../../gateway/kiosk/http/operations.ts";
import { staffMarks } from "../../../doubles/scripted-staff-desk.ts";
import { kioskRig, type KioskRig, own, page, staffScreen } from "./kiosk-rig.ts";

const { host, origin } = own;
const guest = { person: null, language: "en" } as const;

const ask = async ({ app }: KioskRig, url: string, options: InjectOptions = {}): Promise<number> =>
  (await app.inject({ url, ...options, headers: { host, ...options.headers } })).statusCode;

const tokenOf = async ({ app }: KioskRig): Promise<string> =>
  (await app.inject({ url: "/api/session", headers: { host } })).json<{ csrfToken: string }>().csrfToken;

test("the pages are served uncached, under a policy that allows our own files and nothing inline", async () => {
  const { app } = await kioskRig();
  for (const url of ["/", "/staff"]) {
    const { statusCode, headers, body } = await app.inject({ url, headers: { host } });
    expect([statusCode, body]).toEqual([200, page]);
    expect(headers["content-security-policy"]).toBe(
      "default-src 'none';script-src 'self';style-src 'self';img-src 'self';connect-src 'self';form-action 'none';" +
        "frame-ancestors 'none';base-uri 'none';require-trusted-types-for 'script';trusted-types 'none'",
    );
    expect(headers["permissions-policy"]).toContain("camera=(), ");
    expect(headers["x-frame-options"]).toBe("DENY");
  }
});

test("no answer whatsoever is kept by a browser", async () => {
  const rig = await kioskRig();
  const addresses = ["/", "/assets/kiosk.js", "/nothing", "/%zz", ...everyOperation.map(([, { path }]) => path)];
  for (const url of addresses.filter((address) => address !== "/api/live")) {
    for (const method of ["GET", "POST"] as const) {
      const { headers } = await rig.app.inject({ method, url, headers: { host } });
      expect([method, url, headers["cache-control"]]).toEqual([method, url, "no-store"]);
    }
  }
});

test("a file is sent packed to who takes it so, and plain to everybody else", async () => {
  const { app } = await kioskRig();
  const bodyFor = async (accepted: string): Promise<string> =>
    (await app.inject({ url: "/assets/kiosk.js", headers: { host, "accept-encoding": accepted } })).body;
  expect(await bodyFor("br, gzip;q=0.8")).toBe("packed");
  for (const accepted of ["", "br", "gzip;q=0", "x-gzip", "gzip;q=0.0"])
    expect(await bodyFor(accepted)).toBe("export {}");
});

test("a request that names another host is refused, whatever it asks for", async () => {
  const rig = await kioskRig();
  for (const url of ["/", "/staff", "/api/kiosk", "/api/live", "/nothing"]) {
    for (const name of ["evil.example", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "[::2]", "x/127.0.0.1"]) {
      expect([url, name, await ask(rig, url, { headers: { host: name } })]).toEqual([url, name, 421]);
    }
  }
  for (const name of ["localhost:1", "[::1]:8080", "KIOSK.example.org"]) {
    expect(await ask(rig, "/api/kiosk", { headers: { host: name } })).toBe(200);
  }
});

test("the API answers our own pages and programs, and no other site", async () => {
  const rig = await kioskRig();
  for (const [headers, status] of [
    [{}, 200],
    [{ "sec-fetch-site": "same-origin", origin }, 200],
    [{ "sec-fetch-site": "cross-site" }, 403],
    [{ "sec-fetch-site": "same-site" }, 403],
    [{ origin: "http://evil.example" }, 403],
    [{ origin: "https://127.0.0.1:8080" }, 403],
    [{ origin: "http://127.0.0.1:8081" }, 403],
    [{ origin: "null" }, 403],
  ] as const) {
    expect([headers, await ask(rig, "/api/kiosk", { headers })]).toEqual([headers, status]);
  }
});

test("each change needs the page's origin and its token, and is not done without", async () => {
  const rig = await kioskRig();
  const csrf = await tokenOf(rig);
  const begin = async (headers: Record<string, string>): Promise<number> =>
    await ask(rig, "/api/visit", { method: "POST", payload: guest, headers });
  expect(await begin({ origin })).toBe(403);
  expect(await begin({ "x-carepost-csrf": csrf })).toBe(403);
  expect(await begin({ "x-carepost-csrf": csrf, origin: "http://evil.example" })).toBe(403);
  expect(await begin({ "x-carepost-csrf": "x".repeat(csrf.length), origin })).toBe(403);
  expect(await begin({ "x-carepost-csrf": csrf, origin, "sec-fetch-site": "cross-site" })).toBe(403);
  expect(rig.desk.calls).toEqual([]);
  expect(await begin({ "x-carepost-csrf": csrf, origin })).toBe(200);
});

test("no change of the document goes without the token", async () => {
  const rig = await kioskRig();
  const screen = await staffScreen(rig);
  await screen.post("/api/visit", guest);
  const cookie = [...screen.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const changes = everyOperation.filter(([, { method }]) => method !== "GET");
  for (const [, { method, path, who }] of changes) {
    const answer = await rig.app.inject({ method, url: path, headers: { host, origin, cookie } });
    expect([path, answer.statusCode]).toEqual([path, who === "staff" ? 401 : 403]);
  }
  expect(changes.length).toBeGreaterThan(20);
});

test("a token of staff is of that session alone", async () => {
  const rig = await kioskRig();
  const screen = await staffScreen(rig);
  const cookie = `carepost-staff=${screen.cookies.get("carepost-staff")}`;
  const open = await tokenOf(rig);
  const change = async (csrf: string): Promise<number> =>
    await ask(rig, "/api/staff/visit/end", { method: "POST", headers: { origin, cookie, "x-carepost-csrf": csrf } });
  expect(await change(open)).toBe(403);
  const { csrfToken } = (await screen.get("/api/session")).json<{ csrfToken: string }>();
  expect(await change(csrfToken)).toBe(200);
});

test("no path leads out of what was built", async () => {
  const { app } = await kioskRig();
  for (const url of [
    "/../kiosk-server.ts",
    "/%2e%2e/package.json",
    "/assets/..%2f..%2f..%2fpackage.json",
    "/assets/../../README.md",
    "/kiosk.html",
    "/staff/",
    "/assets/",
    "/assets/kiosk.js.map",
    "/%00",
    "//etc/passwd",
    "/%zz",
    "/api/",
  ]) {
    const { statusCode, body } = await app.inject({ url, headers: { host } });
    expect([url, statusCode === 404 || statusCode === 400]).toEqual([url, true]);
    expect(JSON.parse(body)).toMatchObject({ error: { remedy: expect.any(String) } });
  }
});

test("what is too large, of another type, no JSON, or dressed as a prototype is refused, and never our failure", async () => {
  const rig = await kioskRig();
  const headers = { origin, "x-carepost-csrf": await tokenOf(rig), "content-type": "application/json" };
  const post = async (payload: string, changes: Record<string, string> = {}): Promise<number> =>
    await ask(rig, "/api/visit", { method: "POST", payload, headers: { ...headers, ...changes } });
  expect(await post(JSON.stringify({ ...guest, person: "a".repeat(20_000) }))).toBe(413);
  expect(await post("{")).toBe(400);
  expect(await post("[]")).toBe(400);
  expect(await post('{"__proto__": {"person": null}, "language": "en"}')).toBe(400);
  expect(await post('{"constructor": {"prototype": {}}, "language": "en"}')).toBe(400);
  for (const type of ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", "a"]) {
    expect([type, await post(JSON.stringify(guest), { "content-type": type })]).toEqual([type, 415]);
  }
  expect(rig.desk.calls).toEqual([]);
  expect(rig.log.lines).toEqual([]);
});

test("a method that an address does not know finds nothing", async () => {
  const rig = await kioskRig();
  for (const method of ["PUT", "PATCH", "OPTIONS", "HEAD"] as const) {
    expect(await ask(rig, "/api/visit", { method, headers: { origin } })).toBe(404);
  }
  expect(await ask(rig, "/", { method: "POST" })).toBe(404);
});

test("who asks more often than a finger is told to wait", async () => {
  const rig = await kioskRig({ limits: { requestsPerMinuteMax: 3 } });
  const codes: number[] = [];
  for (let index = 0; index < 5; index += 1) codes.push(await ask(rig, "/api/kiosk"));
  expect(codes).toEqual([200, 200, 200, 429, 429]);
});

test("a failure of ours tells nothing of itself, and the log its code", async () => {
  const rig = await kioskRig();
  const screen = await staffScreen(rig);
  rig.staff.view = () => Promise.reject(new TypeError(`cannot read ${staffMarks.serial} at /srv/carepost/x.ts:1`));
  const answer = await screen.get("/api/staff");
  expect(answer.statusCode).toBe(500);
  expect(answer.json()).toMatchObject({ error: { code: "kiosk-failed" } });
  expect(answer.body).not.toMatch(/SN-|\.ts|TypeError/);
  expect(rig.log.lines).toMatchObject([{ event: "kiosk-request-failed", fields: { code: "kiosk-failed" } }]);
});

test("the machine is checked once at a time", async () => {
  const rig = await kioskRig();
  const screen = await staffScreen(rig);
  const { promise, resolve } = Promise.withResolvers<never[]>();
  rig.staff.doctor = () => promise;
  const first = screen.post("/api/staff/doctor");
  await expect.poll(async () => (await screen.post("/api/staff/doctor")).statusCode).toBe(429);
  resolve([]);
  expect((await first).statusCode).toBe(200);
});
