import { once } from "node:events";
import { brokerLimits } from "../../cloud-sync/ingest/broker-limits.ts";
import { type Publication, startEmbeddedBroker } from "../../cloud-sync/ingest/embedded-broker.ts";
import type { TlsMaterial } from "../../cloud-sync/mqtt/connection.ts";
import type { BrokerReport, PlantedFault } from "./fuzzed-broker.ts";
import { keptLog } from "./kept-log.ts";
import { realClock } from "./real-clock.ts";

/** The process behind `fuzzed-broker.ts`: one broker, that reports over the channel to its parent. */
interface Order {
  readonly material: TlsMaterial;
  readonly fault: PlantedFault;
}

const taken: string[] = [];

function take(fault: PlantedFault, { gateway, kind, payload }: Publication): void {
  if (fault === "crash" && gateway !== "gw-good" && kind === "results") process.exit(70);
  if (kind !== "readings") return;
  if (fault === "lost-reading" && gateway === "gw-good" && taken.length % 7 === 3) {
    taken.push("lost");
    return;
  }
  taken.push(`${gateway} ${Buffer.from(payload).toString()}`);
}

const [first] = (await once(process, "message")) as [Order];
const broker = await startEmbeddedBroker(
  { host: "127.0.0.1", port: 0 },
  { ...brokerLimits, takeoverMinMs: 0 },
  {
    clock: realClock,
    log: keptLog(),
    tls: { material: () => first.material },
    take: (publication) => Promise.resolve(take(first.fault, publication)),
  },
);
const report = (): void => {
  const answer: BrokerReport = { port: broker.address.port, taken, refused: broker.counts().refused };
  process.send?.(answer);
};
process.on("message", report);
process.on("disconnect", () => process.exit(0));
report();
