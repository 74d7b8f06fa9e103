import { defaultCollectOptions } from "../collect/collect-options.ts";
import type { CollectOptions } from "../collect/collect-options.ts";
import type { GatewayOptions } from "../gateway-options.ts";
import type { GatewayConfig } from "./gateway-config.ts";

/** What is not in the configuration itself. */
export interface Circumstances {
  readonly key: Uint8Array | null;
  readonly version: string;
}

/** What the gateway is told, from what the operator said: the units of people become those of the program. */
export function gatewayOptionsOf(config: GatewayConfig, { key, version }: Circumstances): GatewayOptions {
  const { gateway, radio, store, clock } = config;
  return {
    gateway: gateway.id,
    version,
    timeZone: gateway.timeZone,
    clock,
    radio: { socketPath: radio.socket },
    store: {
      path: store.path,
      key,
      limits: {
        fileBytesMax: store.quotaMiB * 2 ** 20,
        retentionDays: store.retentionDays,
        quarantineDays: store.quarantineDays,
        whenFull: store.whenFull,
      },
    },
    collect: collectOptionsOf(config.collect),
    uplink: uplinkOptionsOf(config.uplink),
  };
}

const collectOptionsOf = (collect: GatewayConfig["collect"]): CollectOptions => ({
  ...defaultCollectOptions,
  devices: collect.devices,
  sessionMsMax: collect.sessionMaxS * 1000,
  revisitMs: collect.revisitS * 1000,
  revisitMsMax: collect.revisitMaxS * 1000,
  clockToleranceMs: collect.clockToleranceS * 1000,
  freshMs: collect.freshS * 1000,
});

function uplinkOptionsOf({
  reconnectMaxS,
  startDelayMaxS,
  ...uplink
}: GatewayConfig["uplink"]): GatewayOptions["uplink"] {
  return { ...uplink, reconnectDelayMaxMs: reconnectMaxS * 1000, startDelayMaxMs: startDelayMaxS * 1000 };
}
