import type { Connector } from "../../cloud-sync/mqtt/connection.ts";
import { mqttConnector } from "../../cloud-sync/mqtt/mqttjs-connection.ts";
import { createForwarder, type Forwarder } from "../../cloud-sync/uplink/forwarder.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import type { Store } from "../../gateway/store/store.ts";
import { systemClock } from "../../gateway/system-clock.ts";
import { seededRandom } from "../../simulators/random.ts";

/** The uplink as the gateway composes it, over a store of the bench's own. */
export interface GatewayEnd {
  readonly forwarder: Forwarder;
  stop(): Promise<void>;
}

export function startGatewayEnd(store: Store, url: string, connector: Connector = mqttConnector()): GatewayEnd {
  const forwarder = createForwarder(
    {
      outbox: store,
      connector,
      clock: systemClock,
      random: seededRandom(1),
      log: silentLog,
      commands: { syncNow: nothing, setConfig: nothing, forgetDevice: nothing, followRoster: nothing },
      describe: () => ({ held: 0, clock: "trusted", alarm: null }),
    },
    {
      gateway: "gw-bench",
      url,
      version: "bench",
      bootId: `bench-${process.hrtime.bigint()}`,
      protocol: "3.1.1",
    },
  );
  const stopping = new AbortController();
  const running = forwarder.run(stopping.signal);
  return {
    forwarder,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

const nothing = (): Promise<void> => Promise.resolve();

const silentLog: Log = { error: ignore, warn: ignore, info: ignore, debug: ignore };

function ignore(): void {
  // A bench measures; what the log says is not its subject.
}
