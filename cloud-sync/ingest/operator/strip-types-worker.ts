import { stripTypeScriptTypes } from "node:module";
import { MessagePort, workerData } from "node:worker_threads";
import { z } from "zod";

/** Takes modules, gives them back without their types: see `page-files.ts`. */
const { modules, answer } = z
  .object({ modules: z.array(z.string()), answer: z.instanceof(MessagePort) })
  .parse(workerData);
const stripped = modules.map((text) => stripTypeScriptTypes(text));
answer.postMessage(stripped, []);
answer.close();
