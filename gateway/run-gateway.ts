import type { RemoteSettings } from "../cloud-sync/contract/control.ts";
import type { Connector } from "../cloud-sync/mqtt/connection.ts";
import type { Log } from "../device-drivers/ports/log.ts";
import { bootId } from "./boot-id.ts";
import { controlPath } from "./control/control-path.ts";
import { timeServiceMark } from "./collect/time-service.ts";
import type { GatewayListener } from "./gateway-event.ts";
import type { GatewayOptions } from "./gateway-options.ts";
import type { IdentityPorts } from "./identity/identity-keeper.ts";
import type { GatewayPorts, operateGateway as OperateGateway } from "./operate-gateway.ts";
import { openRadios } from "./radio/open-radio.ts";
import { throwSum } from "./run-parts.ts";
import { StoreClock } from "./store-clock.ts";
import type { StoreNotice } from "./store/store-request.ts";
import { openStore } from "./store/sqlite-store.ts";
import { systemClock } from "./system-clock.ts";

export interface GatewayHooks {
  readonly log: Log;
  /** For a live view. It must not throw. */
  readonly onEvent?: GatewayListener;
  /** See `GatewayPorts`. */
  readonly metrics?: GatewayPorts["metrics"];
  /** See `GatewayPorts`. */
  readonly service?: GatewayPorts["service"];
  /** See `GatewayPorts`. */
  readonly page?: GatewayPorts["page"];
  /** See `GatewayPorts`. */
  readonly supportBundle?: GatewayPorts["supportBundle"];
  /** See `GatewayPorts`. */
  readonly pagesCertificateExpiresAt?: GatewayPorts["pagesCertificateExpiresAt"];
  readonly setLogLevel?: (level: NonNullable<RemoteSettings["logLevel"]>) => void;
}

/**
 * The gateway on this machine: opens the store and the radio, collects and delivers until the signal is aborted, and
 * closes everything in reverse, whatever fails on the way.
 *
 * @throws CarepostError what made it end: of the store, of the configuration, or `gateway-failed` around several
 */
export async function runGateway(options: GatewayOptions, hooks: GatewayHooks, signal: AbortSignal): Promise<void> {
  const broken = new AbortController();
  const failures: unknown[] = [];
  const storeClock = new StoreClock(systemClock);
  const opening = openStore({
    ...options.store,
    clock: storeClock,
    thread: "worker",
    onNotice: (notice) => tellNotice(notice, hooks),
    onFailure: (error) => {
      failures.push(error);
      broken.abort();
    },
  });
  // The store opens on its own thread while the rest of the program is loaded on this one.
  const [loaded, opened, heard] = await Promise.allSettled([
    load(),
    opening,
    openRadios(options.radio, { clock: systemClock, log: hooks.log }),
  ]);
  const radios = heard.status === "fulfilled" ? heard.value : [];
  if (opened.status === "rejected") {
    await Promise.all(radios.map((radio) => radio.close()));
    throw opened.reason;
  }
  const store = opened.value;
  const run = async (): Promise<void> => {
    if (loaded.status === "rejected") throw loaded.reason;
    if (heard.status === "rejected") throw heard.reason;
    const { mqttConnector, operateGateway } = loaded.value;
    const identity = await identityPorts(options);
    const ports = {
      ...hooks,
      ...(identity === null ? {} : { identity }),
      store,
      storeClock,
      radios,
      connector: await connectorOf(mqttConnector(), options.iotHub, hooks.log),
      clock: systemClock,
      random: Math.random,
      bootId: bootId(),
      controlPath: controlPath(options.store.path),
      synchronisation: (): string | null => timeServiceMark(),
    };
    await operateGateway(ports, options, AbortSignal.any([signal, broken.signal]));
  };
  const closings = radios.map((radio) => () => radio.close());
  for (const step of [run, ...closings, () => store.close()]) {
    await step().catch((error: unknown) => failures.push(error));
  }
  throwSum(failures);
}

/** Loaded only where the gateway has an identity of its own: certificates are the largest part of the program. */
async function identityPorts({ identity, gateway, uplink, iotHub }: GatewayOptions): Promise<IdentityPorts | null> {
  if (identity === null) return null;
  const { identityOf } = await import("./identity/identity-of.ts");
  const { hubEntry, uplinkTls } = await import("./identity/uplink-tls.ts");
  return {
    ...identityOf(identity, gateway),
    toUplink: (own) => uplinkTls({ identity: own, files: uplink.tls, hub: hubEntry(iotHub) }),
  };
}

/** Its dialect is loaded only where the broker is an IoT Hub. */
async function connectorOf(inner: Connector, iotHub: GatewayOptions["iotHub"], log: Log): Promise<Connector> {
  if (iotHub === undefined) return inner;
  const { iotHubConnector } = await import("../cloud-sync/mqtt/iot-hub/iot-hub-connector.ts");
  return iotHubConnector({ inner, clock: systemClock, random: Math.random, log }, iotHub);
}

async function load(): Promise<Loaded> {
  const [{ mqttConnector }, { operateGateway }] = await Promise.all([
    import("../cloud-sync/mqtt/mqttjs-connection.ts"),
    import("./operate-gateway.ts"),
  ]);
  return { mqttConnector, operateGateway };
}

interface Loaded {
  readonly mqttConnector: () => Connector;
  readonly operateGateway: typeof OperateGateway;
}

function tellNotice(notice: StoreNotice, { log, onEvent }: GatewayHooks): void {
  switch (notice.type) {
    case "set-aside":
      log.error("store-set-aside", { reason: notice.reason });
      break;
    case "taken-over":
      log.warn("store-taken-over", { readings: notice.readings });
      break;
    case "alarm":
      log.warn("store-alarm", { alarm: notice.alarm });
      onEvent?.({ type: "alarm", alarm: notice.alarm });
      break;
    case "added":
    case "removal-ended":
      break;
  }
}
