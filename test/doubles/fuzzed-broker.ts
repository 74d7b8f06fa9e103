import { fork } from "node:child_process";
import { z } from "zod";
import { testAuthority } from "./test-authority.ts";

/** A fault that is put into the broker's process, so that whoever searches for faults can prove that it finds them. */
export type PlantedFault = z.infer<typeof brokerOrder>["fault"];

export interface FuzzedBroker {
  readonly host: string;
  readonly port: number;
  /** Resolves to the exit code if the process ends by itself. */
  readonly died: Promise<number | null>;
  /** `gateway payload` of what it took, in order. Rejects if the process is gone. */
  taken(): Promise<readonly string[]>;
  refused(): Promise<Readonly<Record<string, number>>>;
  stop(): Promise<void>;
}

/** What the process answers. */
export type BrokerReport = z.infer<typeof brokerReport>;

const brokerReport = z.object({
  port: z.number(),
  taken: z.array(z.string()),
  refused: z.record(z.string(), z.number()),
});

/** What the process is told first. */
export const brokerOrder = z.object({
  material: z.object({ ca: z.string(), cert: z.string(), key: z.string() }),
  fault: z.enum(["none", "crash", "lost-reading"]),
});

/** An embedded broker over TLS in a process of its own, so that its death can be seen. */
export async function startFuzzedBroker(fault: PlantedFault): Promise<FuzzedBroker> {
  const material = await (await testAuthority()).server();
  const child = fork(new URL("./fuzzed-broker-process.ts", import.meta.url), [], {
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const died = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const ask = async (question: object): Promise<BrokerReport> => {
    const answer = new Promise<BrokerReport>((resolve) =>
      child.once("message", (message) => resolve(brokerReport.parse(message))),
    );
    child.send(question);
    return await Promise.race([
      answer,
      died.then((code) => {
        throw new Error(`the broker's process is gone: ${code}`);
      }),
    ]);
  };
  const { port } = await ask({ material, fault });
  return {
    host: "127.0.0.1",
    port,
    died,
    taken: async () => (await ask({})).taken,
    refused: async () => (await ask({})).refused,
    stop: async () => {
      child.kill("SIGKILL");
      await died;
    },
  };
}
