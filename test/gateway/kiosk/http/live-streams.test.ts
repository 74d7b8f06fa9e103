import { connect, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { liveEvent, type LiveEvent } from "../../../../gateway/kiosk/contract/live.ts";
import { liveLimits } from "../../../../gateway/kiosk/http/live-streams.ts";
import { visitMarks } from "../../../doubles/scripted-visit-desk.ts";
import { type KioskRig, kioskRig, type RigOptions, type Screen, screenAt, staffScreen } from "./kiosk-rig.ts";

const guest = { person: null, language: "en" };
const patient = { timeout: 30_000, interval: 5 };

interface Stage extends KioskRig {
  readonly port: number;
}

/** The same on a port, because how a stream behaves is the subject. */
async function stage(options: RigOptions = {}): Promise<Stage> {
  const rig = await kioskRig(options);
  await rig.app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = z.object({ port: z.int() }).parse(rig.app.server.address());
  return { ...rig, port };
}

interface Heard {
  readonly events: LiveEvent[];
  readonly comments: () => number;
  readonly hasEnded: () => boolean;
  readonly leave: () => void;
}

/** A screen that listens, with the cookies it has now. Each event must be as the contract says. */
async function listen({ port }: Stage, screen?: Screen): Promise<Heard> {
  const cookie = [...(screen?.cookies ?? [])].map(([name, value]) => `${name}=${value}`).join("; ");
  const leaving = new AbortController();
  onTestFinished(() => leaving.abort());
  const answer = await fetch(`http://127.0.0.1:${port}/api/live`, { headers: { cookie }, signal: leaving.signal });
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
  const events: LiveEvent[] = [];
  let [comments, hasEnded] = [0, false];
  const read = async (): Promise<void> => {
    let rest = "";
    for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const blocks = `${rest}${chunk}`.split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
        if (block.startsWith(":")) comments += 1;
        else if (event !== undefined) events.push(liveEvent.parse({ event, data: JSON.parse(data ?? "") }));
      }
    }
  };
  void read()
    .catch(() => undefined)
    .finally(() => (hasEnded = true));
  return { events, comments: () => comments, hasEnded: () => hasEnded, leave: () => leaving.abort() };
}

const last = ({ events }: Heard, name: LiveEvent["event"]): LiveEvent["data"] | undefined =>
  events.findLast(({ event }) => event === name)?.data;

const beginVisit = async (rig: KioskRig): Promise<Screen> => {
  const screen = screenAt(rig);
  await screen.post("/api/visit", guest);
  return screen;
};

test("whoever listens is told everything that they may see at once, and again after a break", async () => {
  const rig = await stage();
  const visitor = await beginVisit(rig);
  for (let times = 0; times < 2; times += 1) {
    const heard = await listen(rig, visitor);
    await expect.poll(() => heard.events.map(({ event }) => event), patient).toEqual(["kiosk", "visit"]);
    expect(last(heard, "visit")).toMatchObject({ step: "consent" });
    heard.leave();
  }
  const stranger = await listen(rig);
  await expect.poll(() => stranger.events.length, patient).toBe(2);
  expect(last(stranger, "visit")).toBeNull();
  expect(last(stranger, "kiosk")).toMatchObject({ isBusy: true, staff: "signed-out" });
});

test("a visit is shown to its own screen alone, and forgotten there when it is over", async () => {
  const rig = await stage();
  const visitor = await beginVisit(rig);
  const [own, other, staff] = await Promise.all([
    listen(rig, visitor),
    listen(rig),
    listen(rig, await staffScreen(rig)),
  ]);
  await visitor.post("/api/visit/kind", { kind: "blood-pressure-monitor" });
  await visitor.post("/api/visit/measurement", { device: "token-0001" });
  await expect.poll(() => JSON.stringify(last(own, "visit")), patient).toContain(visitMarks.value);
  rig.desk.forget();
  await expect.poll(() => last(own, "visit"), patient).toBeNull();
  // What comes after it is of somebody else.
  const next = await beginVisit(rig);
  rig.desk.show({ step: "hand-over" });
  const nextHeard = await listen(rig, next);
  await expect.poll(() => last(nextHeard, "visit"), patient).toMatchObject({ step: "hand-over" });
  await expect.poll(() => last(own, "kiosk"), patient).toMatchObject({ isBusy: true });
  expect(last(own, "visit")).toBeNull();
  for (const heard of [other, staff]) expect(JSON.stringify(heard.events)).not.toContain(visitMarks.serialEnd);
});

test("staff are told that something may have changed, once for many changes, and nobody else is", async () => {
  const rig = await stage();
  const screen = await staffScreen(rig);
  const [staff, stranger] = await Promise.all([listen(rig, screen), listen(rig)]);
  const told = (heard: Heard): number => heard.events.filter(({ event }) => event === "staff").length;
  await expect.poll(() => told(staff), patient).toBe(1);
  for (let times = 0; times < 50; times += 1) rig.staffChanged();
  await rig.clock.advance(liveLimits.staffPauseMs);
  await expect.poll(() => told(staff), patient).toBe(2);
  // A session that ends by itself ends here as well.
  await rig.clock.advance(616_000);
  await expect.poll(() => last(staff, "kiosk"), patient).toMatchObject({ staff: "signed-out" });
  rig.staffChanged();
  await rig.clock.advance(liveLimits.staffPauseMs);
  rig.desk.setOpen({ uplink: "disconnected" });
  await expect.poll(() => last(staff, "kiosk"), patient).toMatchObject({ uplink: "disconnected" });
  expect([told(staff), told(stranger)]).toEqual([2, 0]);
});

test("a stream shows every quarter of a minute that it lives, and ends with the gateway", async () => {
  const rig = await stage();
  const heard = await listen(rig);
  await rig.clock.advance(15_000);
  await expect.poll(heard.comments, patient).toBe(1);
  await rig.clock.advance(15_000);
  await expect.poll(heard.comments, patient).toBe(2);
  // What has not changed is not sent again.
  expect(heard.events.map(({ event }) => event)).toEqual(["visit", "kiosk"]);
  await rig.app.close();
  await expect.poll(heard.hasEnded, patient).toBe(true);
});

test("there are no more streams than may be, and one that leaves makes room", async () => {
  const limits = { live: { ...liveLimits, streamsMax: 3, streamsPerAddressMax: 2 } };
  const rig = await stage({ limits });
  const first = await listen(rig);
  await listen(rig);
  const refused = await fetch(`http://127.0.0.1:${rig.port}/api/live`);
  expect([refused.status, await refused.json()]).toMatchObject([503, { error: { code: "live-streams-taken" } }]);
  first.leave();
  const again = async (): Promise<number> => {
    const leaving = new AbortController();
    const { status } = await fetch(`http://127.0.0.1:${rig.port}/api/live`, { signal: leaving.signal });
    leaving.abort();
    return status;
  };
  await expect.poll(again, patient).toBe(200);
});

/** It asks, and reads nothing of the answer until it is told to. */
async function slowClient({ port }: Stage, screen: Screen): Promise<{ socket: Socket; text: () => string }> {
  const socket = connect({ host: "127.0.0.1", port });
  onTestFinished(() => void socket.destroy());
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  socket.pause();
  await new Promise((resolve) => socket.once("connect", resolve));
  const cookie = `carepost-visit=${screen.cookies.get("carepost-visit")}`;
  socket.write(`GET /api/live HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: ${cookie}\r\n\r\n`);
  return { socket, text: () => text };
}

const remarks = Array.from({ length: 32 }, (_, index) => `${index}`.padStart(64, "x"));

/** A view of some 70 KB, told by its number. */
function showLarge({ desk }: Stage, number: number): void {
  const result = { ...largeResult, measuredAt: number };
  desk.show({ results: Array.from({ length: 32 }, () => result) });
}

const largeResult = {
  id: "7c0f6f0e-5f0a-5b3c-9d3e-6b1f0f4a2c11",
  kind: "glucose" as const,
  systolic: null,
  diastolic: null,
  pulseRate: null,
  concentration: null,
  remarks,
  controlSolution: false,
  userSlot: null,
  note: null,
  delivery: "waiting" as const,
};

const aWhile = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("a screen that reads slowly is shown the newest when it can, and nothing queues up for it", async () => {
  const rig = await stage();
  const sockets: Socket[] = [];
  rig.app.server.on("connection", (socket: Socket) => sockets.push(socket));
  const client = await slowClient(rig, await beginVisit(rig));
  await expect.poll(() => sockets.length, patient).toBe(1);
  // What the kernel takes is not ours to bound: a few megabytes on loopback.
  for (let number = 1; number <= 600; number += 1) {
    showLarge(rig, number);
    await aWhile();
    await aWhile();
    expect(sockets[0]?.writableLength).toBeLessThan(512_000);
  }
  client.socket.resume();
  await expect.poll(() => client.text().includes('"measuredAt":600'), { ...patient, interval: 50 }).toBe(true);
  const shown = client.text().match(/event: visit/g)?.length ?? 0;
  expect(shown).toBeLessThan(400);
});

test("a screen that reads nothing at all is let go", async () => {
  const rig = await stage();
  const client = await slowClient(rig, await beginVisit(rig));
  let closed = false;
  client.socket.once("close", () => (closed = true));
  for (let number = 1; number <= 600; number += 1) {
    showLarge(rig, number);
    await aWhile();
    await aWhile();
  }
  await rig.clock.advance(30_000);
  client.socket.resume();
  await expect.poll(() => closed, patient).toBe(true);
});
