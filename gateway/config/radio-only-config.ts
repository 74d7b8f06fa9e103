import { z } from "zod";
import { gatewayConfig } from "./gateway-config.ts";

/** What a command needs that only uses the radio: one section of the gateway's configuration. */
export type RadioOnlyConfig = z.infer<typeof radioOnlyConfig>;

export const radioOnlyConfig = z.strictObject({ radio: gatewayConfig.shape.radio });
