import { startIngest } from "../../cloud-sync/ingest/start-ingest.ts";
import { keptLog } from "./kept-log.ts";
import { realClock } from "./real-clock.ts";

/** An ingestor at NATS in a process of its own, for tests that kill and freeze it. Tells its parent when it takes. */
const [brokerUrl, mqttUrl, postgresPort] = process.argv.slice(2);
await startIngest({
  role: "ingestor",
  brokerUrl,
  mqttUrl,
  postgres: {
    servers: [{ host: "127.0.0.1", port: Number(postgresPort) }],
    database: "postgres",
    user: "postgres",
    password: null,
    tls: null,
  },
  clock: realClock,
  log: keptLog(),
});
process.send?.("ready");
