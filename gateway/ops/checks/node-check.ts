import { broken, healthy } from "../doctor.ts";
import type { Check } from "../doctor.ts";

const majorMin = 24;

/** The Node that runs us. */
export const nodeCheck = (version: string): Check => ({
  name: "node",
  run: () =>
    Promise.resolve(
      Number(version.split(".")[0]) >= majorMin
        ? healthy(`Node ${version}`)
        : broken(`Node ${version} is too old`, `Install Node ${majorMin}, or start Carepost by its own launcher.`),
    ),
});
