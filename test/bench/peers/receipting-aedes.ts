import { letForcedExitsEnd } from "../../../gateway/cli/forced-exit.ts";
import { startAedes } from "../../doubles/loopback-aedes.ts";
import { answerTo } from "./receipt-answer.ts";

/** A broker process that answers batches with receipts. It tells its address to whoever forked it. */
const { broker, url } = await startAedes();
broker.on("publish", ({ topic, payload }, client) => {
  if (client === null || !topic.endsWith("/readings")) return;
  const answer = answerTo(topic, Buffer.from(payload));
  if (answer === null) return;
  const packet = { cmd: "publish", qos: 1, dup: false, retain: false } as const;
  broker.publish({ ...packet, topic: answer.topic, payload: Buffer.from(answer.payload) }, () => undefined);
});
letForcedExitsEnd();
process.on("disconnect", () => process.exit(0));
process.send?.({ url });
