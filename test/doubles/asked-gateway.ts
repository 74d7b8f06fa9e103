import { onTestFinished } from "vitest";
import type { CommandHandlers } from "../../cloud-sync/uplink/commands.ts";
import { mqttConnector } from "../../cloud-sync/mqtt/mqttjs-connection.ts";
import { createForwarder } from "../../cloud-sync/uplink/forwarder.ts";
import { seededRandom } from "../../simulators/random.ts";
import { keptLog } from "./kept-log.ts";
import { createMemoryOutbox } from "./memory-outbox.ts";
import { realClock } from "./real-clock.ts";

/** A gateway's own forwarder over real sockets, which can be asked for a support bundle and for nothing else. */
export function startAskedGateway(
  gateway: string,
  url: string,
  supportBundle: NonNullable<CommandHandlers["supportBundle"]>,
): void {
  const nothing = async (): Promise<void> => undefined;
  const forwarder = createForwarder(
    {
      outbox: createMemoryOutbox(),
      connector: mqttConnector(),
      clock: realClock,
      random: seededRandom(gateway.length),
      log: keptLog(),
      commands: { syncNow: nothing, setConfig: nothing, forgetDevice: nothing, followRoster: nothing, supportBundle },
      describe: () => ({ held: 0, clock: "trusted", alarm: null, rosterVersion: null }),
    },
    { gateway, url, version: "0.1.0", bootId: `boot-${gateway}`, reconnectDelayMaxMs: 500 },
  );
  const stopping = new AbortController();
  const running = forwarder.run(stopping.signal);
  onTestFinished(async () => {
    stopping.abort();
    await running;
  });
}
