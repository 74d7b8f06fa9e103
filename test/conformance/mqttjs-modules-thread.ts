import { createRequire } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import { mqttConnector } from "../../cloud-sync/mqtt/mqttjs-connection.ts";

/** Connects to the broker at `workerData`, and tells which files of CommonJS packages that took. */
const options = { clientId: "pin", protocol: "5", keepAliveS: 30, connectTimeoutMs: 20_000 } as const;
const connection = await mqttConnector().connect({ ...options, url: String(workerData) }, new AbortController().signal);
await connection.close();
const require = createRequire(import.meta.url);
const files = Object.keys(require.cache);
const writer: unknown = require(files.find((file) => /mqtt-packet[/]writeToStream[.]js$/.test(file)) ?? "");
const numbers: unknown = typeof writer === "function" ? Reflect.get(writer, "cacheNumbers") : null;
parentPort?.postMessage([...files, `numbers: ${String(numbers)}`], []);
