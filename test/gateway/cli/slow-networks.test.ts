import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  connect,
  getDefaultAutoSelectFamilyAttemptTimeout,
  type LookupFunction,
  setDefaultAutoSelectFamilyAttemptTimeout,
  type Socket,
} from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { bearSlowNetworks } from "../../../gateway/cli/slow-networks.ts";

/** While it is stopped it takes no connection, and the kernel completes a few for it. */
const server = `require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, function () {
  console.log(this.address().port);
});`;

/** Known at once, so that the first is tried within the call that connects. At the second nobody listens. */
const twoAddresses: LookupFunction = (_host, _options, told) => {
  told(
    null,
    ["127.0.0.1", "127.0.0.2"].map((address) => ({ address, family: 4 })),
  );
};

test("a broker whose handshake takes a second is reached, also where its name has another address", async () => {
  const before = getDefaultAutoSelectFamilyAttemptTimeout();
  onTestFinished(() => setDefaultAutoSelectFamilyAttemptTimeout(before));
  bearSlowNetworks();
  const child = spawn(process.execPath, ["--eval", server], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [said]: readonly unknown[] = await once(child.stdout, "data");
  const port = Number(String(said));
  child.kill("SIGSTOP");
  await fill(port);
  const socket = own(connect({ host: "broker.example", port, lookup: twoAddresses }));
  const connected = once(socket, "connect");
  await new Promise((resolve) => setImmediate(resolve));
  // By now its first SYN was dropped; the kernel sends it again after one second, and after three.
  child.kill("SIGCONT");
  await connected;
  expect(socket.remoteAddress).toBe("127.0.0.1");
});

/** Connects until nothing answers any more. */
async function fill(port: number): Promise<void> {
  for (let filled = 0; filled < 64; filled += 1) {
    const socket = own(connect({ host: "127.0.0.1", port }));
    const isAnswered = await Promise.race([once(socket, "connect").then(() => true), sleep(300, false)]);
    if (!isAnswered) return;
  }
  throw new Error("the queue of connections is never full");
}

function own(socket: Socket): Socket {
  onTestFinished(() => void socket.destroy());
  return socket;
}
