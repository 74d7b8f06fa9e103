import { InvalidConfig } from "../../config/config-error.ts";
import type { GatewayConfig } from "../../config/gateway-config.ts";
import type { LoadedConfig } from "../../config/load-config.ts";
import { broken, healthy } from "../doctor.ts";
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
      return Promise.resolve(healthy(`${config.gateway.id}, from ${file ?? "the environment"}`));
    }
    const { error } = outcome;
    if (!(error instanceof InvalidConfig)) return Promise.reject(error);
    const told = error.problems.map(({ key, problem }) => `${key} ${problem}`).join("; ");
    const mend = error.problems.map(({ key, remedy }) => `${key}: ${remedy}`).join("\n");
    return Promise.resolve(broken(told, mend));
  },
});
