import { z } from "zod";
import { gatewayConfig } from "./gateway-config.ts";

/** What a command needs that only looks into the store: one section of the gateway's configuration. */
export type StoreConfig = z.infer<typeof storeConfig>;

export const storeConfig = z.strictObject({ store: gatewayConfig.shape.store });
