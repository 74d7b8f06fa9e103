import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createMedium, type Medium } from "../../../../simulators/bluetooth/medium/medium.ts";
import { connectH4, serveH4 } from "../../../../simulators/bluetooth/transport/h4-server.ts";
import { PacketSplitter } from "../../../../simulators/bluetooth/transport/packet-splitter.ts";
import { realClock } from "../../../../simulators/clock/real-clock.ts";
import { seededRandom } from "../../../../simulators/random.ts";
import { LeCentral } from "../../../doubles/bluetooth/le-central.ts";
import { hex } from "../link-rig.ts";

const reset = Uint8Array.of(0x01, 0x03, 0x0c, 0x00);

interface Served {
  readonly path: string;
  readonly medium: Medium;
  readonly stop: () => Promise<void>;
}

async function serve(): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), "carepost-h4-"));
  const path = join(folder, "hci.sock");
  const medium = createMedium({ clock: realClock, seed: 1, speed: 20 });
  const stopping = new AbortController();
  const server = await serveH4(medium, path, stopping.signal);
  const stop = async (): Promise<void> => {
    stopping.abort();
    await server.ended;
  };
  onTestFinished(async () => {
    await stop();
    rmSync(folder, { recursive: true });
  });
  return { path, medium, stop };
}

test("packets are found in a stream, however it is cut", () => {
  const stream = Buffer.from("01030c000240000400aabbccdd040e0401030c00", "hex");
  for (let size = 1; size <= stream.length; size += 1) {
    const splitter = new PacketSplitter();
    const packets: string[] = [];
    for (let offset = 0; offset < stream.length; offset += size) {
      packets.push(...(splitter.push(stream.subarray(offset, offset + size)) ?? []).map(hex));
    }
    expect(packets).toEqual(["01030c00", "0240000400aabbccdd", "040e0401030c00"]);
  }
});

test("a stream that is out of step is refused", () => {
  expect(new PacketSplitter().push(Uint8Array.of(0x05))).toBeNull();
  expect(new PacketSplitter().push(Uint8Array.of(...reset, 0x00))).toBeNull();
});

test("every client is a controller on the medium, and leaves with its connection", async () => {
  const { path, medium } = await serve();
  const options = { clock: realClock, random: seededRandom(1) };
  const central = await LeCentral.open(await connectH4(path), options);
  const other = await LeCentral.open(await connectH4(path), options);
  expect(medium.controllers.map(({ address }) => address)).toEqual([central.address, other.address]);
  await other.host.command(0x200a, 1);
  expect(await central.find(other.address)).toMatchObject({ isRandom: false });
  other.host.transport.close();
  await expect.poll(() => medium.controllers.length).toBe(1);
});

test("a client that does not speak H4 is let go, and the others stay", async () => {
  const { path, medium } = await serve();
  const stays = await connectH4(path);
  const stranger = connect(path);
  await once(stranger, "connect");
  stranger.write("GET / HTTP/1.1\r\n\r\n");
  stranger.resume();
  await once(stranger, "close");
  await expect.poll(() => medium.controllers.length).toBe(1);
  expect(stays.ended.aborted).toBe(false);
  stays.close();
});

test("a controller that is removed ends its client's transport", async () => {
  const { path, medium } = await serve();
  const client = await connectH4(path);
  const ended = once(client.ended, "abort");
  client.receive(() => undefined);
  client.send(reset);
  await expect.poll(() => medium.controllers.length).toBe(1);
  medium.close();
  await ended;
});

test("a server that stops ends every client, and its path can be served again", async () => {
  const { path, medium, stop } = await serve();
  const client = await connectH4(path);
  client.receive(() => undefined);
  await expect.poll(() => medium.controllers.length).toBe(1);
  const ended = once(client.ended, "abort");
  await stop();
  await ended;
  await expect(connectH4(path)).rejects.toMatchObject({ code: "hci-socket-unavailable" });
  const again = new AbortController();
  const server = await serveH4(medium, path, again.signal);
  again.abort();
  await server.ended;
});

test("a path that is in use, or cannot be, is said to be so", async () => {
  const { path, medium } = await serve();
  const { signal } = new AbortController();
  await expect(serveH4(medium, path, signal)).rejects.toMatchObject({ code: "hci-socket-unavailable" });
  const file = `${path}.file`;
  writeFileSync(file, "");
  await expect(serveH4(medium, file, signal)).rejects.toMatchObject({ code: "hci-socket-unavailable" });
});
