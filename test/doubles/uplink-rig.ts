import type { CommandHandlers } from "../../cloud-sync/uplink/commands.ts";
import { createForwarder } from "../../cloud-sync/uplink/forwarder.ts";
import type { Forwarder } from "../../cloud-sync/uplink/forwarder.ts";
import type { ForwarderOptions, ForwarderPorts } from "../../cloud-sync/uplink/forwarder-options.ts";
import type { Lane } from "../../cloud-sync/uplink/outbox.ts";
import { createMemoryBroker } from "../../cloud-sync/mqtt/memory-broker.ts";
import type { MemoryBroker, MemoryBrokerOptions } from "../../cloud-sync/mqtt/memory-broker.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import { createVirtualClock } from "../../simulators/clock/virtual-clock.ts";
import type { VirtualClock } from "../../simulators/clock/virtual-clock.ts";
import { seededRandom } from "../../simulators/random.ts";
import { createMemoryIngestor, readingText } from "./memory-ingestor.ts";
import type { MemoryIngestor } from "./memory-ingestor.ts";
import { createMemoryOutbox } from "./memory-outbox.ts";
import type { MemoryOutbox } from "./memory-outbox.ts";

/** A forwarder between an outbox, a broker and an ingestor, all in memory and in virtual time. */
export interface UplinkRig {
  readonly clock: VirtualClock;
  readonly broker: MemoryBroker;
  readonly ingestor: MemoryIngestor;
  readonly outbox: MemoryOutbox;
  readonly forwarder: Forwarder;
  /** The events that were logged, by name. */
  readonly logged: readonly string[];
  readonly commandsDone: readonly string[];
  add(lane: Lane, count: number): void;
  start(): void;
  stop(): Promise<void>;
}

export interface UplinkRigOptions {
  readonly seed?: number;
  readonly broker?: Omit<MemoryBrokerOptions, "clock">;
  readonly forwarder?: Partial<ForwarderOptions>;
  readonly ports?: Partial<ForwarderPorts>;
}

export const rigGateway = "gw-0001";

export function createUplinkRig({
  seed = 1,
  broker: brokerOptions,
  forwarder,
  ports,
}: UplinkRigOptions = {}): UplinkRig {
  const clock = createVirtualClock(Date.UTC(2026, 0, 1));
  const broker = createMemoryBroker({ clock, ...brokerOptions });
  const ingestor = createMemoryIngestor(broker, clock);
  const outbox = createMemoryOutbox();
  const logged: string[] = [];
  const commandsDone: string[] = [];
  const subject = createForwarder(
    {
      outbox,
      connector: broker.connector,
      clock,
      random: seededRandom(seed),
      log: recordingLog(logged),
      commands: recordingCommands(commandsDone),
      describe: () => ({ held: 0, clock: "trusted", alarm: null }),
      ...ports,
    },
    { gateway: rigGateway, url: "mqtt://memory", version: "0.1.0", bootId: "boot-1", ...forwarder },
  );
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  return {
    clock,
    broker,
    ingestor,
    outbox,
    forwarder: subject,
    logged,
    commandsDone,
    add: (lane, count) => {
      for (let index = 0; index < count; index += 1) {
        const number = outbox.added() + 1;
        outbox.add(lane, readingText(number));
      }
    },
    start: () => {
      running = subject.run(stopping.signal);
    },
    stop: async () => {
      stopping.abort();
      await clock.runUntil(running);
    },
  };
}

function recordingLog(logged: string[]): Log {
  const record = (event: string): void => void logged.push(event);
  return { error: record, warn: record, info: record, debug: record };
}

function recordingCommands(done: string[]): CommandHandlers {
  return {
    syncNow: async () => void done.push("sync-now"),
    setConfig: async (settings) => void done.push(`set-config ${JSON.stringify(settings)}`),
    forgetDevice: async (device) => void done.push(`forget-device ${device}`),
    followRoster: async ({ version }) => void done.push(`roster ${version}`),
  };
}
