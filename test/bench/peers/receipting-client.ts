import mqtt from "mqtt";
import { fleetFilter } from "../../../cloud-sync/contract/topics.ts";
import { letForcedExitsEnd } from "../../../gateway/cli/forced-exit.ts";
import { answerTo } from "./receipt-answer.ts";

/** A client of any broker that answers batches with receipts. */
const [url = ""] = process.argv.slice(2);
const client = await mqtt.connectAsync(url, { protocolVersion: 4, clientId: "ingestor-bench" });
client.on("message", (topic, payload) => {
  const answer = answerTo(topic, payload);
  if (answer !== null) client.publish(answer.topic, answer.payload, { qos: 1 });
});
await client.subscribeAsync(fleetFilter("readings"), { qos: 0 });
letForcedExitsEnd();
process.on("disconnect", () => process.exit(0));
process.send?.({ url });
