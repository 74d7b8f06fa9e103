import { expect, test, vi } from "vitest";
import { PageTls } from "../../../../cloud-sync/http/page-certificate.ts";
import { kioskErrors } from "../../../../gateway/kiosk/kiosk-error.ts";
import { visitMarks } from "../../../doubles/scripted-visit-desk.ts";
import { testAuthority } from "../../../doubles/test-authority.ts";
import { type KioskRig, kioskRig, pin, type Screen, screenAt, staffScreen } from "./kiosk-rig.ts";

/** Hashes, processes and sockets are slow where everything else runs as well. */
vi.setConfig({ testTimeout: 120_000 });

const guest = { person: null, language: "en" };
const yes = { version: "1", sha256: "a".repeat(64), decision: "given", trend: true };

async function visitor(rig: KioskRig): Promise<Screen> {
  const screen = screenAt(rig);
  await screen.post("/api/visit", guest);
  return screen;
}

test("a visit is led from its beginning to its end, each change answered with the visit as it then is", async () => {
  const rig = await kioskRig();
  const screen = await visitor(rig);
  const steps = [
    ["/api/visit/language", { language: "es" }],
    ["/api/visit/consent", yes],
    ["/api/visit/kind", { kind: "blood-pressure-monitor" }],
    ["/api/visit/pairing", {}],
    ["/api/visit/pairing/choice", { device: "token-0001" }],
    ["/api/visit/pairing/answer", { number: 1, answer: { type: "yes" } }],
    ["/api/visit/measurement", { device: "token-0001" }],
    ["/api/visit/enrolment", { device: "token-0001", userSlot: null }],
    ["/api/visit/touch", {}],
    ["/api/visit/step", { step: "goodbye" }],
  ] as const;
  const shown: string[] = [];
  for (const [url, body] of steps) {
    const answer = await screen.post(url, body);
    expect([url, answer.statusCode]).toEqual([url, 200]);
    shown.push(answer.json<{ step: string }>().step);
  }
  expect(shown).toEqual([
    "consent",
    "choose",
    "choose",
    "pair",
    "pair",
    "pair",
    "result",
    "result",
    "result",
    "goodbye",
  ]);
  expect(rig.desk.calls).toEqual([
    "begin",
    "language",
    "consent",
    "kind",
    "open-pairing",
    "choose-pairing",
    "answer-pairing",
    "measure",
    "enrol",
    "touch",
    "step",
  ]);
});

test("the cookie of a visit is out of reach of scripts and of other sites, and goes with the visit", async () => {
  const rig = await kioskRig();
  const screen = screenAt(rig);
  const begun = await screen.post("/api/visit", guest);
  expect(begun.headers["set-cookie"]).toMatch(/^carepost-visit=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
  const ended = await screen.remove("/api/visit");
  expect(ended.json()).toMatchObject({ step: "goodbye", ended: "cancelled", results: [] });
  expect(screen.cookies.size).toBe(0);
  expect((await screen.get("/api/visit")).body).toBe("null");
});

test("over TLS the cookie is bound to the host and never sent in plain", async () => {
  const pair = await (await testAuthority()).server();
  const rig = await kioskRig({ needsStaff: true, tls: new PageTls(() => pair) });
  const headers = { host: "127.0.0.1:8080", origin: "https://127.0.0.1:8080" };
  const session = await rig.app.inject({ url: "/api/session", headers });
  const { csrfToken } = session.json<{ csrfToken: string }>();
  const answer = await rig.app.inject({
    method: "POST",
    url: "/api/staff/sign-in",
    headers: { ...headers, "x-carepost-csrf": csrfToken },
    payload: { name: "counter-1", pin },
  });
  expect(answer.headers["set-cookie"]).toMatch(/^__Host-carepost-staff=.*; HttpOnly; SameSite=Strict; Secure$/);
  expect(answer.headers["strict-transport-security"]).toBe("max-age=31536000");
});

test("what is left of an earlier visit is taken away, and opens nothing", async () => {
  const rig = await kioskRig();
  const screen = await visitor(rig);
  rig.desk.forget();
  expect((await screen.post("/api/visit/touch")).statusCode).toBe(401);
  expect(screen.cookies.size).toBe(0);
});

test("another screen, another visit's cookie and a made-up one see and change nothing of a visit", async () => {
  const rig = await kioskRig();
  const first = await visitor(rig);
  const old = first.cookies.get("carepost-visit") ?? "";
  rig.desk.forget();
  const second = await visitor(rig);
  await second.post("/api/visit/kind", { kind: "blood-pressure-monitor" });
  await second.post("/api/visit/measurement", { device: "token-0001" });
  const before = rig.desk.calls.length;
  for (const cookie of ["", old, "x".repeat(43), "", `${second.cookies.get("carepost-visit")}x`]) {
    const { app } = rig;
    const stranger = screenAt({ app });
    const seen = await app.inject({
      url: "/api/visit",
      headers: { host: "127.0.0.1:8080", cookie: `carepost-visit=${cookie}` },
    });
    expect(seen.body).toBe("null");
    for (const url of ["/api/visit/touch", "/api/visit/pairing"]) {
      const refused = await stranger.post(url);
      expect(refused.json()).toMatchObject({ error: { code: "visit-needed" } });
    }
    expect((await stranger.post("/api/visit", guest)).json()).toMatchObject({ error: { code: "kiosk-in-use" } });
    expect((await stranger.get("/api/kiosk")).body).not.toContain(visitMarks.serialEnd);
  }
  expect(rig.desk.calls.slice(before)).toEqual([]);
});

test("where the kiosk needs staff, a visit begins on their screen only, and their session ends with that", async () => {
  const rig = await kioskRig({ needsStaff: true });
  expect((await screenAt(rig).post("/api/visit", guest)).json()).toMatchObject({ error: { code: "staff-needed" } });
  const screen = await staffScreen(rig);
  expect((await screen.get("/api/kiosk")).json()).toMatchObject({ needsStaff: true, staff: "signed-in" });
  expect((await screen.post("/api/visit", guest)).statusCode).toBe(200);
  expect([...screen.cookies.keys()]).toEqual(["carepost-visit"]);
  expect((await screen.get("/api/staff")).statusCode).toBe(401);
  expect((await screen.post("/api/visit/touch")).statusCode).toBe(200);
  expect(rig.store.deeds.map(({ audit }) => audit[0]?.action)).toEqual(["staff-signed-in", "staff-signed-out"]);
});

test("without any PIN a kiosk that needs staff begins no visit", async () => {
  const rig = await kioskRig({ needsStaff: true, hasStaff: false });
  expect((await screenAt(rig).post("/api/visit", guest)).json()).toMatchObject({ error: { code: "staff-closed" } });
});

test("what the desk refuses is told by its code and its remedy, and not in words that may hold data", async () => {
  const rig = await kioskRig();
  const screen = await visitor(rig);
  const refused = await screen.post("/api/visit/pairing/choice", { device: "token-9999" });
  expect(refused.statusCode).toBe(409);
  expect(refused.json()).toEqual({
    error: {
      code: "device-unknown-here",
      message: "it could not be done",
      remedy: kioskErrors.table["device-unknown-here"].remedy,
    },
  });
});

test("a body is empty, or exactly what the contract says", async () => {
  const rig = await kioskRig();
  const screen = await visitor(rig);
  for (const [url, body] of [
    ["/api/visit/touch", { now: true }],
    ["/api/visit/language", { language: "fr" }],
    ["/api/visit/kind", {}],
    ["/api/visit/consent", { ...yes, decision: "maybe" }],
    ["/api/visit/pairing/answer", { number: 1, answer: { type: "passkey", passkey: "12345" } }],
    ["/api/visit/enrolment", { device: "token-0001", userSlot: 300 }],
    ["/api/visit/step", { step: "pair" }],
  ] as const) {
    const answer = await screen.post(url, body);
    expect([url, answer.json<{ error: { code: string } }>().error.code]).toEqual([url, "request-invalid"]);
  }
  expect(rig.desk.calls).toEqual(["begin"]);
});

test("at a home hub nobody is led through a visit, and its readings are for who has signed in", async () => {
  const rig = await kioskRig({ visits: null });
  const screen = screenAt(rig);
  expect((await screen.post("/api/visit", guest)).statusCode).toBe(404);
  expect((await screen.get("/api/hub")).json()).toMatchObject({ light: "green", signIn: "signed-out" });
  expect((await screen.get("/api/hub/readings")).statusCode).toBe(401);
  const signedIn = await staffScreen(rig);
  expect((await signedIn.get("/api/hub/readings")).json()).toHaveLength(1);
  const kiosk = await kioskRig({ hub: null });
  expect((await screenAt(kiosk).get("/api/hub")).statusCode).toBe(404);
});
