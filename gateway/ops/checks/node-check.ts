import { broken, healthy, say } from "../doctor.ts";
import type { Check } from "../doctor.ts";

const majorMin = 24;

/** The Node that runs us. */
export const nodeCheck = (version: string): Check => ({
  name: "node",
  run: () =>
    Promise.resolve(
      Number(version.split(".")[0]) >= majorMin
        ? healthy(say("node-fit", { version }))
        : broken(say("node-old", { version, needed: majorMin })),
    ),
});
