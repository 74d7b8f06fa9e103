import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { kioskLimits } from "../../../../gateway/kiosk/http/kiosk-server.ts";
import { kioskRig, type RigOptions } from "./kiosk-rig.ts";

/** What only a socket can show: requests that are no HTTP, have no end, or too much of a beginning. */

const slowly = { timeout: 60_000 };

async function portOf(options: RigOptions = {}): Promise<number> {
  const { app } = await kioskRig(options);
  await app.listen({ host: "127.0.0.1", port: 0 });
  return z.object({ port: z.int() }).parse(app.server.address()).port;
}

function dial(port: number): Socket {
  const socket = connect({ host: "127.0.0.1", port });
  socket.on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** Everything that comes back until the connection is closed. */
async function answerTo(port: number, request: string): Promise<string> {
  const socket = dial(port);
  socket.write(request);
  return await text(socket).catch(() => "");
}

test("a request that never ends is ended, in its head as in its body", slowly, async () => {
  const port = await portOf({ limits: { requestTimeoutMs: 300 } });
  const head = "POST /api/visit HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  const answers = await Promise.all([
    answerTo(port, `${head}X-Half: `),
    answerTo(port, `${head}Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{`),
    answerTo(port, ""),
  ]);
  expect(answers.slice(0, 2).map((answer) => answer.slice(0, 12))).toEqual(["HTTP/1.1 408", "HTTP/1.1 403"]);
});

test("headers beyond 8 KiB are refused, and so is what is no HTTP, without a word more", slowly, async () => {
  const port = await portOf();
  const bombs = [
    `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Bomb: ${"a".repeat(20_000)}\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n${"X-Bomb: a\r\n".repeat(3_000)}\r\n`,
    `GET /${"a".repeat(20_000)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`,
    "hello\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
    "GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
  ];
  for (const bomb of bombs) {
    const answer = await answerTo(port, bomb);
    expect([bomb.slice(0, 60), answer.slice(0, 10)]).toEqual([bomb.slice(0, 60), "HTTP/1.1 4"]);
    expect(answer).not.toMatch(/\.ts|node|HPE_|fastify/i);
  }
  expect(await answerTo(port, "GET /api/kiosk HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")).toMatch(
    /^HTTP\/1.1 200/,
  );
});

test("an address that leads out of the pages leads nowhere, as it is sent", slowly, async () => {
  const port = await portOf();
  for (const path of ["/../../../etc/passwd", "/assets/../../package.json", "/api/visit/../staff", "/\\..\\"]) {
    const answer = await answerTo(port, `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
    expect([path, answer.slice(0, 12)]).toEqual([path, expect.stringMatching(/^HTTP\/1.1 40[04]/)]);
  }
});

test("beyond the connections that may be, none is taken", slowly, async () => {
  const port = await portOf({ limits: { connectionsMax: 4 } });
  const dialled = Array.from({ length: 12 }, () => dial(port));
  let closed = 0;
  for (const socket of dialled) socket.resume().once("close", () => (closed += 1));
  await expect.poll(() => closed, { timeout: 30_000 }).toBe(8);
  expect(kioskLimits.connectionsMax).toBe(256);
});

test("stopping waits for no visitor", slowly, async () => {
  const { app } = await kioskRig();
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = z.object({ port: z.int() }).parse(app.server.address());
  const idle = dial(port);
  await new Promise((resolve) => idle.once("connect", resolve));
  const gone = new Promise((resolve) => idle.resume().once("close", resolve));
  await app.close();
  await gone;
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow("fetch failed");
});
