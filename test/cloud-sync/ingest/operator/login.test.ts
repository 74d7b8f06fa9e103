import { expect, test } from "vitest";
import type { SessionAnswer } from "../../../../cloud-sync/ingest/operator/fleet-api.ts";
import { operatorLogin } from "../../../../cloud-sync/ingest/operator/operator-login.ts";
import { passwordLine, readPasswordFile } from "../../../../cloud-sync/ingest/operator/password-file.ts";
import { createVirtualClock } from "../../../../simulators/clock/virtual-clock.ts";
import { operatorRig, own, password, type OperatorRig } from "./operator-rig.ts";

const host = own.host;
const hour = 3_600_000;

async function logIn(
  { app }: OperatorRig,
  given = password,
  name = "ops",
): Promise<{ status: number; cookie: string }> {
  const headers = { host, origin: own.origin };
  const answer = await app.inject({ method: "POST", url: "/api/login", headers, payload: { name, password: given } });
  return { status: answer.statusCode, cookie: String(answer.headers["set-cookie"] ?? "") };
}

test("without a session the API tells nothing, with one it does, and after logging out it does not", async () => {
  const rig = await operatorRig({ hasLogin: true });
  const ask = async (cookie: string): Promise<number> =>
    (await rig.app.inject({ url: "/api/fleet", headers: { host, cookie } })).statusCode;
  expect(await ask("")).toBe(401);
  expect(await ask("carepost=forged")).toBe(401);
  const { status, cookie } = await logIn(rig);
  expect(status).toBe(200);
  expect(cookie).toMatch(/^carepost=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
  const [pair = ""] = cookie.split(";");
  expect(await ask(pair)).toBe(200);
  const session = await rig.app.inject({ url: "/api/session", headers: { host, cookie: pair } });
  const { user, csrfToken } = session.json<SessionAnswer>();
  expect(user).toBe("ops");
  const headers = { host, origin: own.origin, cookie: pair, "x-carepost-csrf": csrfToken ?? "" };
  await rig.app.inject({ method: "POST", url: "/api/logout", headers, payload: {} });
  expect(await ask(pair)).toBe(401);
});

test("over TLS the cookie is bound to the host and never sent in plain", async () => {
  const rig = await operatorRig({ hasLogin: true, isTls: true });
  const headers = { host, origin: "https://127.0.0.1:9464" };
  const answer = await rig.app.inject({
    method: "POST",
    url: "/api/login",
    headers,
    payload: { name: "ops", password },
  });
  expect(answer.headers["set-cookie"]).toMatch(/^__Host-carepost=.*; HttpOnly; SameSite=Strict; Secure$/);
});

test("after five failures an address is locked out, also with the right password, and later it is let in", async () => {
  const rig = await operatorRig({ hasLogin: true });
  for (let index = 0; index < 5; index += 1) expect((await logIn(rig, "wrong password")).status).toBe(401);
  expect((await logIn(rig)).status).toBe(429);
  await rig.clock.advance(29_000);
  expect((await logIn(rig)).status).toBe(429);
  await rig.clock.advance(1_001);
  expect((await logIn(rig, "wrong again, sorry")).status).toBe(401);
  await rig.clock.advance(59_000);
  expect((await logIn(rig)).status).toBe(429);
  await rig.clock.advance(1_001);
  expect((await logIn(rig)).status).toBe(200);
});

test("a name that nobody has is answered like a wrong password", async () => {
  const rig = await operatorRig({ hasLogin: true });
  expect((await logIn(rig, password, "nobody")).status).toBe(401);
  expect((await logIn(rig, "wrong password")).status).toBe(401);
});

test("a session ends after an hour of silence, and after eight hours in any case", async () => {
  const clock = createVirtualClock(0);
  const login = operatorLogin(readPasswordFile(await passwordLine("ops", password)), clock);
  const secret = await login.attempt("ops", password, "127.0.0.1");
  for (let index = 0; index < 8; index += 1) {
    await clock.advance(hour);
    expect(login.session(secret)?.user).toBe("ops");
  }
  await clock.advance(1);
  expect(login.session(secret)).toBeNull();
  const other = await login.attempt("ops", password, "127.0.0.1");
  await clock.advance(hour + 1);
  expect(login.session(other)).toBeNull();
});

test("a password file is read whole or not at all, and a weak password never gets into one", async () => {
  const line = await passwordLine("ops", password);
  expect(line).not.toContain(password);
  expect(readPasswordFile(`# who may\n\n${line}\r\n`).map(({ name }) => name)).toEqual(["ops"]);
  for (const wrong of [
    "",
    "# nobody",
    "ops:password",
    `${line}\nhello`,
    line.replace("32768", "99999"),
    line.replace("ops", "o p"),
  ]) {
    expect(() => readPasswordFile(wrong)).toThrow(/password file/);
  }
  await expect(passwordLine("ops", "short")).rejects.toMatchObject({ code: "operator-password-weak" });
});
