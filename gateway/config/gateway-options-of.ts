import { defaultCollectOptions } from "../collect/collect-options.ts";
import type { CollectOptions } from "../collect/collect-options.ts";
import { defaultSupervisionOptions } from "../collect/supervision-options.ts";
import type { SupervisionOptions } from "../collect/supervision-options.ts";
import type { GatewayOptions } from "../gateway-options.ts";
import type { RadioOptions } from "../radio/radio-options.ts";
import type { GatewayConfig } from "./gateway-config.ts";
import { tlsOf } from "./tls-of.ts";

/** What is not in the configuration itself. */
export interface Circumstances {
  readonly key: Uint8Array | null;
  readonly version: string;
  /** Where the uplink is an IoT Hub. */
  readonly iotHub?: GatewayOptions["iotHub"];
}

/** What the gateway is told, from what the operator said: the units of people become those of the program. */
export function gatewayOptionsOf(config: GatewayConfig, { key, version, iotHub }: Circumstances): GatewayOptions {
  const { gateway, radio, store, clock } = config;
  return {
    gateway: gateway.id,
    profile: config.profile,
    version,
    timeZone: gateway.timeZone,
    clock,
    radio: radioOptionsOf(radio),
    identity: identityOptionsOf(config.identity),
    supervision: supervisionOptionsOf(radio),
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
    ...(iotHub === undefined ? {} : { iotHub }),
  };
}

const identityOptionsOf = ({ folder, enrolUrl }: GatewayConfig["identity"]): GatewayOptions["identity"] =>
  folder === null || enrolUrl === null ? null : { folder, enrolUrl };

/** Which radios there are, from the section of that name. */
export function radioOptionsOf(radio: GatewayConfig["radio"]): RadioOptions {
  const { kind } = radio;
  if (kind === "virtual") return { kind, place: { socketPath: radio.socket } };
  if (kind === "noble") {
    return { kind, package: radio.noblePackage, hciDevice: radio.hciDevice, h4Socket: radio.h4Socket };
  }
  return {
    kind,
    adapters: radio.adapters?.split(",").map((name) => name.trim()) ?? [],
    busAddress: radio.bus,
    restartCommand: radio.restartDaemon ? radio.restartCommand.trim().split(/ +/) : null,
  };
}

const supervisionOptionsOf = (radio: GatewayConfig["radio"]): SupervisionOptions => ({
  ...defaultSupervisionOptions,
  silenceMs: radio.silenceS * 1000,
  checkMs: radio.silenceCheckS * 1000,
  listenMs: radio.listenS * 1000,
  restMs: radio.restS * 1000,
  repairsPerHourMax: radio.repairsPerHourMax,
  climbPauseMsMax: radio.repairPauseMaxS * 1000,
  returnMs: radio.returnS * 1000,
});

const collectOptionsOf = (collect: GatewayConfig["collect"]): CollectOptions => ({
  ...defaultCollectOptions,
  devices: collect.devices,
  sessionMsMax: collect.sessionMaxS * 1000,
  revisitMs: collect.revisitS * 1000,
  revisitMsMax: collect.revisitMaxS * 1000,
  earlyLinksMax: collect.earlyLinksMax,
  earlyLinkMs: collect.earlyLinkS * 1000,
  clockToleranceMs: collect.clockToleranceS * 1000,
  freshMs: collect.freshS * 1000,
});

function uplinkOptionsOf({
  reconnectMaxS,
  startDelayMaxS,
  caFile,
  certFile,
  keyFile,
  dialect,
  acknowledge,
  iotHub: _iotHub,
  ...uplink
}: GatewayConfig["uplink"]): GatewayOptions["uplink"] {
  return {
    ...uplink,
    tls: tlsOf({ caFile, certFile, keyFile }),
    // What a hub has acknowledged, it keeps for days; receipts would take most of what it bears.
    acknowledge: acknowledge ?? (dialect === "azure-iot-hub" ? "puback" : "receipt"),
    reconnectDelayMaxMs: reconnectMaxS * 1000,
    startDelayMaxMs: startDelayMaxS * 1000,
  };
}
