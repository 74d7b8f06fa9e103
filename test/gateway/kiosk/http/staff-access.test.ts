import { expect, test, vi } from "vitest";
import { createVirtualClock } from "../../../../simulators/clock/virtual-clock.ts";
import { pinFault, pinLine, readPinFile } from "../../../../gateway/kiosk/http/pin-file.ts";
import { accountOf } from "../../../../cloud-sync/http/login.ts";
import { createLockOut, type LockOutLimits } from "../../../../cloud-sync/http/lock-out.ts";
import { openStaffLogin, staffLockOut } from "../../../../gateway/kiosk/http/staff-login.ts";
import { staffMarks } from "../../../doubles/scripted-staff-desk.ts";
import { deedStore, type KioskRig, kioskRig, pin, screenAt, staffScreen } from "./kiosk-rig.ts";

/** Hashes, processes and sockets are slow where everything else runs as well. */
vi.setConfig({ testTimeout: 120_000 });

const hour = 3_600_000;
const day = 24 * hour;

const signIn = async (rig: KioskRig, given: string, name = "counter-1"): Promise<number> =>
  (await screenAt(rig).post("/api/staff/sign-in", { name, pin: given })).statusCode;

test("staff see their view and decide once they have signed in, and each deed bears their name", async () => {
  const rig = await kioskRig();
  const stranger = screenAt(rig);
  expect((await stranger.get("/api/staff")).json()).toMatchObject({ error: { code: "staff-needed" } });
  expect((await stranger.post("/api/staff/visit/end")).statusCode).toBe(401);
  const screen = await staffScreen(rig);
  expect((await screen.get("/api/staff")).body).toContain(staffMarks.person);
  const reading = "7c0f6f0e-5f0a-5b3c-9d3e-6b1f0f4a2c11";
  const deeds = [
    ["/api/staff/held/assign", { readings: [reading], person: "sim-0001" }],
    ["/api/staff/held/discard", { readings: [reading] }],
    ["/api/staff/assignments", { deviceId: "d", userSlot: 1, person: "sim-0001", consent: "c" }],
    ["/api/staff/assignments/end", { id: "a-1" }],
    ["/api/staff/devices/forget", { deviceId: "d" }],
    ["/api/staff/devices/kiosk", { deviceId: "d", isKiosks: true }],
    ["/api/staff/consents/withdraw", { person: "sim-0001" }],
    ["/api/staff/visit/end", {}],
  ] as const;
  for (const [url, body] of deeds) expect([url, (await screen.post(url, body)).statusCode]).toEqual([url, 200]);
  expect(rig.staff.deeds.map(({ deed }) => deed)).toHaveLength(deeds.length);
  expect(new Set(rig.staff.deeds.map(({ actor }) => actor))).toEqual(new Set(["staff:counter-1"]));
  expect((await screen.post("/api/staff/doctor")).json()).toMatchObject([{ state: "ok" }]);
});

test("a support bundle comes as a file, whatever its name", async () => {
  const answer = await (await staffScreen(await kioskRig())).post("/api/staff/support-bundle");
  expect(answer.headers["content-disposition"]).toBe('attachment; filename="bundle--1-.txt"');
  expect(answer.headers["content-type"]).toBe("text/plain; charset=utf-8");
  expect(answer.body).toBe("what helps\n");
});

test("a session ends when staff sign out, after ten minutes without a change, and after eight hours", async () => {
  const rig = await kioskRig();
  const screen = await staffScreen(rig);
  expect((await screen.post("/api/staff/sign-out")).statusCode).toBe(200);
  expect((await screen.get("/api/staff")).statusCode).toBe(401);

  const idle = await staffScreen(rig);
  await rig.clock.advance(599_000);
  expect((await idle.get("/api/staff")).statusCode).toBe(200);
  await rig.clock.advance(1_001);
  // What a page asks by itself is no sign of life.
  expect((await idle.get("/api/staff")).statusCode).toBe(401);
  expect(idle.cookies.size).toBe(0);

  const busy = await staffScreen(rig);
  for (let minutes = 0; minutes < 8 * 60; minutes += 8) {
    expect((await busy.post("/api/staff/visit/end")).statusCode).toBe(200);
    await rig.clock.advance(480_000);
  }
  await rig.clock.advance(1);
  expect((await busy.post("/api/staff/visit/end")).statusCode).toBe(401);
});

test("signing in, being refused and signing out are in the audit log, without what was typed for a name", async () => {
  const rig = await kioskRig();
  await signIn(rig, "120012");
  await signIn(rig, "120012", "493817");
  await (await staffScreen(rig)).post("/api/staff/sign-out");
  expect(rig.store.deeds.flatMap(({ audit }) => audit)).toEqual([
    { at: 0, actor: "gateway", action: "staff-sign-in-refused", subject: { name: "counter-1" } },
    { at: 0, actor: "gateway", action: "staff-sign-in-refused", subject: {} },
    { at: 0, actor: "staff:counter-1", action: "staff-signed-in", subject: {} },
    { at: 0, actor: "staff:counter-1", action: "staff-signed-out", subject: {} },
  ]);
});

test("nobody signs in when it cannot be written down", async () => {
  const store = { ...deedStore(), record: () => Promise.reject(new Error("the disk is full")) };
  const rig = await kioskRig({ store });
  const screen = await staffScreen(rig);
  expect(screen.cookies.size).toBe(0);
  expect((await screen.get("/api/staff")).statusCode).toBe(401);
});

test("after five wrong PINs of a name the right one is not looked at either, for a minute", async () => {
  const rig = await kioskRig();
  for (let index = 0; index < 5; index += 1) expect(await signIn(rig, "120012")).toBe(401);
  expect(await signIn(rig, pin)).toBe(429);
  await rig.clock.advance(60_001);
  expect(await signIn(rig, pin)).toBe(200);
});

test("whoever tries PINs day and night for a year has tried twenty, and has then closed the name", async () => {
  const clock = createVirtualClock(0);
  const lockOut = createLockOut(clock, staffLockOut);
  let tried = 0;
  let lastAt = 0;
  while (clock.now() < 365 * day) {
    if (!lockOut.isLocked("counter-1")) {
      lockOut.failed("counter-1");
      tried += 1;
      lastAt = clock.now();
    }
    await clock.advance(tried < 10 ? 10_000 : hour / 4);
  }
  expect(tried).toBe(20);
  expect(lastAt / day).toBeGreaterThan(5);
  expect(lastAt / day).toBeLessThan(6);
});

test("staff who sign in meanwhile give a stranger two attempts each time, and no more", async () => {
  const clock = createVirtualClock(0);
  const tries = async (perSignIn: number): Promise<boolean> => {
    const lockOut = createLockOut(clock, { ...staffLockOut } satisfies LockOutLimits);
    for (let visits = 0; visits < 20; visits += 1) {
      for (let index = 0; index < perSignIn; index += 1) lockOut.failed("counter-1");
      if (lockOut.isLocked("counter-1")) return false;
      lockOut.succeeded("counter-1");
    }
    return true;
  };
  expect([await tries(2), await tries(3)]).toEqual([true, false]);
});

test("a restart brings no attempt back, and a new PIN opens the name again", async () => {
  const clock = createVirtualClock(0);
  const store = deedStore();
  const times = { idleMsMax: 600_000, sessionMsMax: 8 * hour };
  const open = async (line: string): Promise<(given: string) => Promise<string>> => {
    const ports = { entries: readPinFile(line), clock, store, now: () => clock.now() };
    const login = await openStaffLogin(ports, times);
    return (given) => login.signIn("counter-1", given, "127.0.0.1");
  };
  const line = await pinLine("counter-1", pin);
  const first = await open(line);
  for (let index = 0; index < 5; index += 1)
    await expect(first("120012")).rejects.toMatchObject({ code: "login-refused" });
  const second = await open(line);
  await expect(second(pin)).rejects.toMatchObject({ code: "login-locked" });
  await clock.advance(60_001);
  await expect(second("120012")).rejects.toMatchObject({ code: "login-refused" });
  const third = await open(await pinLine("counter-1", "705162"));
  await expect(third("705162")).resolves.toMatch(/^[\w-]{43}$/);
  await expect(open("hello")).rejects.toThrow("line 1 of the staff file");
  expect(accountOf(readPinFile(line)[0])).toMatch(/^counter-1:[\w-]{8}$/);
});

test("a PIN that many would choose is refused, and others are not", () => {
  const weak = [
    "0000",
    "1234",
    "4321",
    "9876",
    "7890",
    "1212",
    "123123",
    "1122",
    "1987",
    "2024",
    "2580",
    "123321",
    "111111",
  ];
  expect(weak.filter((candidate) => pinFault(candidate) === null)).toEqual([]);
  expect(["123", "1234567890123", "12a4", ""].filter((candidate) => pinFault(candidate) === null)).toEqual([]);
  expect(["4938", "705162", "83920174"].filter((candidate) => pinFault(candidate) !== null)).toEqual([]);
  const allowed = Array.from({ length: 10_000 }, (_, index) => String(index).padStart(4, "0"));
  expect(allowed.filter((candidate) => pinFault(candidate) === null).length).toBeGreaterThan(9_500);
});

test("without a staff file nobody signs in, and everybody is told why", async () => {
  const rig = await kioskRig({ hasStaff: false });
  const screen = screenAt(rig);
  expect((await screen.get("/api/kiosk")).json()).toMatchObject({ staff: "none" });
  for (const answer of [
    await screen.post("/api/staff/sign-in", { name: "counter-1", pin }),
    await screen.get("/api/staff"),
  ]) {
    expect(answer.json()).toMatchObject({ error: { code: "staff-closed" } });
  }
});
