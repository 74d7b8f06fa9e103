import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { mosquittoPath, startMosquitto } from "../../doubles/mosquitto.ts";

/** A broker with a peer that answers receipts, in processes of their own, so that their work is not counted as ours. */
export interface BrokerProcess {
  readonly name: string;
  readonly url: string;
  stop(): Promise<void>;
}

export async function startReceiptingAedes(): Promise<BrokerProcess> {
  const child = forkPeer("receipting-aedes.ts", []);
  return { name: "aedes", url: await toldAddress(child), stop: () => end(child) };
}

/** Null where Debian's mosquitto is not installed. */
export async function startReceiptingMosquitto(): Promise<BrokerProcess | null> {
  if (mosquittoPath === null) return null;
  const broker = await startMosquitto(mosquittoPath);
  const child = forkPeer("receipting-client.ts", [broker.url]);
  await toldAddress(child);
  const stop = async (): Promise<void> => {
    await end(child);
    await broker.stop();
  };
  return { name: "mosquitto", url: broker.url, stop };
}

const forkPeer = (module: string, args: readonly string[]): ChildProcess =>
  fork(fileURLToPath(new URL(module, import.meta.url)), args);

function toldAddress(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once("message", (message) => {
      if (typeof message === "object" && "url" in message && typeof message.url === "string") resolve(message.url);
    });
    child.once("exit", (code) => reject(new Error(`the peer process ended with ${code}`)));
  });
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.disconnect();
  });
}
