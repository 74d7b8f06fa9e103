import { parentPort, workerData } from "node:worker_threads";
import type { ConfigOrigin } from "../config/load-config.ts";
import { checkup } from "./checkup.ts";
import { examine } from "./doctor.ts";

/** The thread of `runCheckup`: tells each check as it ends. */
const origin: ConfigOrigin = workerData;
const visit = await checkup(origin);
try {
  for await (const one of examine(visit.checks, new AbortController().signal)) parentPort?.postMessage(one, []);
} finally {
  await visit.close();
}
