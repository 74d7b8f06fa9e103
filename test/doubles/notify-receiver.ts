import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";

/** The end of sd_notify(3) that systemd has: a datagram socket, which Node cannot make. Python can. */
export interface NotifyReceiver {
  readonly socketPath: string;
  /** The assignments of each message, in the order of arrival. */
  readonly messages: readonly (readonly string[])[];
  close(): Promise<void>;
}

const message = z.array(z.string());

/** Descriptors that come along are closed at once: by that a sender knows that its message was read. */
const program = `
import json, os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("[]", flush=True)
while True:
    data, fds, _, _ = socket.recv_fds(s, 4096, 4)
    for fd in fds: os.close(fd)
    print(json.dumps(data.decode().split("\\n")), flush=True)
`;

export async function startNotifyReceiver(): Promise<NotifyReceiver> {
  const folder = mkdtempSync(join(tmpdir(), "carepost-notify-"));
  const socketPath = join(folder, "notify.sock");
  const child: ChildProcess = spawn("python3", ["-c", program, socketPath], { stdio: ["ignore", "pipe", "inherit"] });
  const messages: string[][] = [];
  const bound = Promise.withResolvers<void>();
  child.once("error", bound.reject);
  child.once("exit", () => bound.reject(new Error("the receiver ended")));
  if (child.stdout === null) throw new Error("the receiver has no output");
  createInterface(child.stdout).on("line", (line) => {
    const assignments = message.parse(JSON.parse(line));
    if (assignments.length === 0) bound.resolve();
    else messages.push(assignments.filter((text) => text !== "" && text !== "BARRIER=1"));
  });
  await bound.promise;
  return {
    socketPath,
    messages,
    close: async () => {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      rmSync(folder, { recursive: true });
    },
  };
}
