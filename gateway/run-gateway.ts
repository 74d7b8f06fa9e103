import type { RemoteSettings } from "../cloud-sync/contract/control.ts";
import type { CarepostError } from "../device-drivers/kit/carepost-error.ts";
import type { Log } from "../device-drivers/ports/log.ts";
import { bootId } from "./boot-id.ts";
import { timeServiceMark } from "./collect/time-service.ts";
import type { GatewayListener } from "./gateway-event.ts";
import type { GatewayOptions } from "./gateway-options.ts";
import { operateGateway } from "./operate-gateway.ts";
import { virtualRadio } from "./radio/virtual.ts";
import { throwSum } from "./run-parts.ts";
import { StoreClock } from "./store-clock.ts";
import type { StoreNotice } from "./store/store-request.ts";
import { openStore } from "./store/sqlite-store.ts";
import { systemClock } from "./system-clock.ts";

export interface GatewayHooks {
  readonly log: Log;
  /** For a live view. It must not throw. */
  readonly onEvent?: GatewayListener;
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
  const onFailure = (error: CarepostError): void => {
    failures.push(error);
    broken.abort();
  };
  // The MQTT client takes as long to load as the store to open, so that both happen at once.
  const loading = import("../cloud-sync/mqtt/mqttjs-connection.ts");
  loading.catch(() => undefined);
  const storeClock = new StoreClock(systemClock);
  const store = await openStore({
    ...options.store,
    clock: storeClock,
    thread: "worker",
    onNotice: (notice) => tellNotice(notice, hooks),
    onFailure,
  });
  const radio = virtualRadio(options.radio);
  const run = async (): Promise<void> => {
    const { mqttConnector } = await loading;
    const ports = {
      ...hooks,
      store,
      storeClock,
      radio,
      connector: mqttConnector(),
      clock: systemClock,
      random: Math.random,
      bootId: bootId(),
      synchronisation: (): string | null => timeServiceMark(),
    };
    await operateGateway(ports, options, AbortSignal.any([signal, broken.signal]));
  };
  for (const step of [run, () => radio.close(), () => store.close()]) {
    await step().catch((error: unknown) => failures.push(error));
  }
  throwSum(failures);
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
      break;
  }
}
