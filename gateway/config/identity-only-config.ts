import { z } from "zod";
import { gatewayConfig } from "./gateway-config.ts";
import { filePath } from "./config-values.ts";

/** What enrolment needs: who the gateway is, and where it keeps its identity. Only here is the folder a must. */
export type IdentityOnlyConfig = z.infer<typeof identityOnlyConfig>;

export const identityOnlyConfig = z.strictObject({
  gateway: z.object({ id: gatewayConfig.shape.gateway.shape.id }),
  identity: z.object({ folder: filePath, enrolUrl: z.string().nullable().default(null) }),
});
