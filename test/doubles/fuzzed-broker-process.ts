import { once } from "node:events";
import { brokerLimits } from "../../cloud-sync/ingest/broker-limits.ts";
import { type Publication, startEmbeddedBroker } from "../../cloud-sync/ingest/embedded-broker.ts";
import { letForcedExitsEnd } from "../../gateway/cli/forced-exit.ts";
import { brokerOrder, type BrokerReport, type PlantedFault } from "./fuzzed-broker.ts";
import { keptLog } from "./kept-log.ts";
import { realClock } from "./real-clock.ts";

/** The process behind `fuzzed-broker.ts`: one broker, that reports over the channel to its parent. */
const taken: string[] = [];

function take(planted: PlantedFault, { gateway, kind, payload }: Publication): void {
  if (planted === "crash" && gateway !== "gw-good" && kind === "results") process.exit(70);
  if (kind !== "readings") return;
  if (planted === "lost-reading" && gateway === "gw-good" && taken.length % 7 === 3) {
    taken.push("lost");
    return;
  }
  taken.push(`${gateway} ${Buffer.from(payload).toString()}`);
}

const [message] = await once(process, "message");
const { material, fault } = brokerOrder.parse(message);
const broker = await startEmbeddedBroker(
  { host: "127.0.0.1", port: 0 },
  { ...brokerLimits, takeoverMinMs: 0 },
  {
    clock: realClock,
    log: keptLog(),
    tls: { material: () => material },
    take: (publication) => Promise.resolve(take(fault, publication)),
  },
);
const report = (): void => {
  const answer: BrokerReport = { port: broker.address.port, taken, refused: broker.counts().refused };
  process.send?.(answer);
};
process.on("message", report);
letForcedExitsEnd();
process.on("disconnect", () => process.exit(0));
report();
