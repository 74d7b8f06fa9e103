import { InvalidConfig } from "../config/config-error.ts";
import { loadGatewayConfig } from "../config/load-config.ts";

/** The gateway's id as the configuration has it; null where there is none, or it is not right. */
export function configuredGateway(config: string | undefined): string | null {
  try {
    const origin = { path: config ?? null, environment: process.env, folder: process.cwd(), flags: [] };
    return loadGatewayConfig(origin).config.gateway.id;
  } catch (error) {
    if (!(error instanceof InvalidConfig)) throw error;
    return null;
  }
}
