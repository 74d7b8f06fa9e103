import { InvalidConfig } from "../../config/config-error.ts";
import type { GatewayConfig } from "../../config/gateway-config.ts";
import type { LoadedConfig } from "../../config/load-config.ts";
import { broken, healthy, say } from "../doctor.ts";
import type { Check } from "../doctor.ts";

/** What loading the configuration came to. */
export type ConfigOutcome =
  | { readonly loaded: LoadedConfig<GatewayConfig> }
  | { readonly loaded: null; readonly error: unknown };

export const configCheck = (outcome: ConfigOutcome): Check => ({
  name: "configuration",
  run: () => {
    if (outcome.loaded !== null) {
      const { config, file } = outcome.loaded;
      const gateway = config.gateway.id;
      return Promise.resolve(
        healthy(file === null ? say("config-from-environment", { gateway }) : say("config-read", { gateway, file })),
      );
    }
    const { error } = outcome;
    if (!(error instanceof InvalidConfig)) return Promise.reject(error);
    const keys = error.problems.map(({ key }) => key).join(", ");
    const problems = error.problems.map(({ key, problem }) => `${key} ${problem}`).join("; ");
    const remedies = error.problems.map(({ key, remedy }) => `${key}: ${remedy}`).join("\n");
    return Promise.resolve(broken(say("config-wrong", { keys, problems, remedies })));
  },
});
