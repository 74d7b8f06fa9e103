import type { Roster } from "../../cloud-sync/contract/roster.ts";
import { mqttConnector } from "../../cloud-sync/mqtt/mqttjs-connection.ts";
import { createForwarder } from "../../cloud-sync/uplink/forwarder.ts";
import type { ForwarderTuning } from "../../cloud-sync/uplink/forwarder-options.ts";
import { seededRandom } from "../../simulators/random.ts";
import { keptLog } from "./kept-log.ts";
import { createMemoryEvents, type MemoryEvents } from "./memory-events.ts";
import { createMemoryOutbox } from "./memory-outbox.ts";
import { realClock } from "./real-clock.ts";

/** A gateway's own forwarder over real sockets, with nothing behind it but a memory: a kiosk that tells, a hub that follows. */
export interface RosterPeer {
  readonly events: MemoryEvents;
  /** The roster that it follows. */
  roster(): Roster | null;
  stop(): Promise<void>;
}

export function startRosterPeer(gateway: string, url: string, tuning: Partial<ForwarderTuning> = {}): RosterPeer {
  const events = createMemoryEvents();
  let followed: Roster | null = null;
  const forwarder = createForwarder(
    {
      outbox: createMemoryOutbox(),
      events,
      connector: mqttConnector(),
      clock: realClock,
      random: seededRandom(gateway.length),
      log: keptLog(),
      commands: {
        syncNow: async () => undefined,
        setConfig: async () => undefined,
        forgetDevice: async () => undefined,
        followRoster: async (roster) => {
          if (followed === null || roster.version > followed.version) followed = roster;
        },
      },
      describe: () => ({ held: 0, clock: "trusted", alarm: null, rosterVersion: followed?.version ?? null }),
    },
    {
      gateway,
      url,
      version: "0.1.0",
      bootId: `boot-${gateway}`,
      receiptTimeoutMs: 500,
      stateIntervalMinMs: 100,
      reconnectDelayMaxMs: 500,
      ...tuning,
    },
  );
  const stopping = new AbortController();
  const running = forwarder.run(stopping.signal);
  return {
    events,
    roster: () => followed,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
