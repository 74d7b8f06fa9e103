import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { MemoryBroker } from "../../../cloud-sync/mqtt/memory-broker.ts";
import type { Clock } from "../../../device-drivers/ports/clock.ts";
import { type CollectOptions, defaultCollectOptions } from "../../../gateway/collect/collect-options.ts";
import { defaultSupervisionOptions, type SupervisionOptions } from "../../../gateway/collect/supervision-options.ts";
import { connectControl } from "../../../gateway/control/control-client.ts";
import type { GatewayEvent } from "../../../gateway/gateway-event.ts";
import { operateGateway } from "../../../gateway/operate-gateway.ts";
import { defaultWindowOptions, type PairedDevice } from "../../../gateway/pairing/pairing-window.ts";
import type { ManagedRadio } from "../../../gateway/radio/managed-radio.ts";
import type { PairingDialogue } from "../../../gateway/radio/pairing.ts";
import { StoreClock } from "../../../gateway/store-clock.ts";
import { openStore } from "../../../gateway/store/sqlite-store.ts";
import type { Store } from "../../../gateway/store/store.ts";
import { seededRandom } from "../../../simulators/random.ts";
import type { KeptLog } from "../../doubles/kept-log.ts";
import { assignmentOf } from "../site-devices.ts";

export interface RadioGatewayPorts {
  readonly radio: ManagedRadio;
  readonly broker: MemoryBroker;
  readonly clock: Clock;
  readonly log: KeptLog;
  readonly folder: string;
}

export interface GatewaySettings {
  readonly collect?: Partial<CollectOptions>;
  readonly supervision?: Partial<SupervisionOptions>;
  /** The devices of the one person that there is; of others nothing is delivered. */
  readonly assigned?: readonly AssignedDevice[];
}

interface AssignedDevice {
  readonly options: { readonly identity: { readonly systemId: string | null } };
}

/** A room whose people do not wait: a device is read again within a second. */
const brisk: Partial<CollectOptions> = {
  devices: "any",
  revisitMs: 500,
  revisitMsMax: 1_000,
  retryMs: 2_000,
  retryMsMax: 4_000,
};

/** A gateway in this process, over a store that outlives it. */
export class RadioGateway {
  readonly store: Store;
  readonly events: readonly GatewayEvent[];
  readonly #controlPath: string;
  readonly #stopping: AbortController;
  readonly #ended: Promise<void>;

  private constructor(parts: GatewayParts) {
    this.store = parts.store;
    this.events = parts.events;
    this.#controlPath = parts.controlPath;
    this.#stopping = parts.stopping;
    this.#ended = parts.ended;
  }

  static async start(ports: RadioGatewayPorts, settings: GatewaySettings): Promise<RadioGateway> {
    const { clock, folder } = ports;
    const storeClock = new StoreClock(clock);
    const store = await openStore({ path: join(folder, "store.db"), key: null, clock: storeClock, thread: "inline" });
    await assign(store, settings);
    const stopping = new AbortController();
    const events: GatewayEvent[] = [];
    const controlPath = join(folder, "control");
    const ended = operateGateway(
      {
        ...ports,
        store,
        storeClock,
        radios: [ports.radio],
        connector: ports.broker.connector,
        random: seededRandom(1),
        controlPath,
        bootId: "boot-1",
        synchronisation: () => null,
        onEvent: (event) => events.push(event),
      },
      {
        gateway: "gw-0001",
        version: "test",
        timeZone: "UTC",
        clock: { assumeSynchronised: true },
        collect: { ...defaultCollectOptions, ...brisk, ...settings.collect },
        supervision: { ...defaultSupervisionOptions, ...settings.supervision },
        uplink: { url: "mqtt://broker" },
      },
      stopping.signal,
    );
    ended.catch(() => undefined);
    const gateway = new RadioGateway({ store, events, controlPath, stopping, ended });
    onTestFinished(() => gateway.stop());
    return gateway;
  }

  /** Ids of the readings that it has said are on disk. */
  get acknowledged(): ReadonlySet<string> {
    return new Set(this.events.flatMap((event) => (event.type === "reading-stored" ? [event.reading.id] : [])));
  }

  count(type: GatewayEvent["type"]): number {
    return this.events.filter((event) => event.type === type).length;
  }

  /** What the sessions of devices failed with, in order. */
  get failures(): readonly string[] {
    return this.events.flatMap((event) =>
      event.type === "session-ended" && event.failure !== null ? [event.failure] : [],
    );
  }

  /** As a person does it: through the local socket, in a window. */
  async pair(address: string, dialogue: PairingDialogue, forgetsKey = false): Promise<PairedDevice> {
    const control = await this.#control();
    try {
      const options = { ...defaultWindowOptions, rssiFloorDbm: -90 };
      const window = await control.openWindow(options, dialogue, AbortSignal.timeout(90_000));
      try {
        return await window.pair({ address, forgetsKey });
      } finally {
        await window.close();
      }
    } finally {
      control.close();
    }
  }

  /** As a person does it who knows the device by its name: picks it from those that are heard. */
  async pairNamed(name: string, dialogue: PairingDialogue): Promise<PairedDevice> {
    const control = await this.#control();
    const limit = AbortSignal.timeout(90_000);
    try {
      const window = await control.openWindow({ ...defaultWindowOptions, rssiFloorDbm: -90 }, dialogue, limit);
      for await (const candidates of window.candidates(limit)) {
        const chosen = candidates.find((candidate) => candidate.name === name);
        if (chosen !== undefined) return await window.pair({ address: chosen.address, forgetsKey: false });
      }
      throw new Error(`no ${name} was heard`);
    } finally {
      control.close();
    }
  }

  /** Gives a device to the one person that there is. */
  async assign({ options }: AssignedDevice): Promise<void> {
    await this.store.saveAssignment(assignmentOf(`system-id:${options.identity.systemId}`));
  }

  async forget(deviceId: string): Promise<void> {
    const control = await this.#control();
    try {
      await control.forget(deviceId);
    } finally {
      control.close();
    }
  }

  /** Resolves when it has ended. Rejects with what made it fail. Idempotent. */
  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    try {
      await this.#ended;
    } finally {
      await this.store.close();
    }
  }

  async #control(): ReturnType<typeof connected> {
    return await connected(this.#controlPath);
  }
}

interface GatewayParts {
  readonly store: Store;
  readonly events: readonly GatewayEvent[];
  readonly controlPath: string;
  readonly stopping: AbortController;
  readonly ended: Promise<void>;
}

async function assign(store: Store, { assigned = [] }: GatewaySettings): Promise<void> {
  if (assigned.length === 0) return;
  await store.savePerson({ reference: "sim-0001", createdAt: 0 });
  for (const { options } of assigned)
    await store.saveAssignment(assignmentOf(`system-id:${options.identity.systemId}`));
}

const controlMsMax = 60_000;

async function connected(path: string): Promise<NonNullable<Awaited<ReturnType<typeof connectControl>>>> {
  const endMs = performance.now() + controlMsMax;
  for (;;) {
    const control = await connectControl(path);
    if (control !== null) return control;
    if (performance.now() > endMs) throw new Error("the gateway does not answer at its control socket");
    await new Promise((resolve) => void setTimeout(resolve, 20));
  }
}
