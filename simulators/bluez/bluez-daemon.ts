import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { VirtualAir } from "../air/virtual-air.ts";
import { Adapter, type AdapterTrouble } from "./adapter.ts";
import { Agents } from "./agents.ts";
import type { DaemonHabits } from "./device-home.ts";
import type { KnownDevice, KnownDevices } from "./known-devices.ts";
import { ObjectTree } from "./object-tree.ts";
import { type BusCall, openServiceBus, type ServiceBus } from "./service-bus.ts";

/** An adapter of the machine, whether or not a daemon runs. */
export interface Machine {
  /** For example `hci0`. */
  readonly name: string;
  readonly address: string;
  readonly known: KnownDevices;
  readonly trouble: AdapterTrouble;
  isPlugged: boolean;
}

export interface DaemonPorts {
  readonly air: VirtualAir;
  readonly clock: Clock;
  readonly habits: DaemonHabits;
}

/** One life of bluetoothd, from its start to its death. */
export class BluezDaemon {
  readonly #ports: DaemonPorts;
  readonly #adapters = new Map<string, Adapter>();
  readonly #bus: ServiceBus;
  readonly #tree: ObjectTree;
  readonly #agents: Agents;
  #isAlive = true;

  private constructor(ports: DaemonPorts, bus: ServiceBus) {
    this.#ports = ports;
    this.#bus = bus;
    this.#tree = new ObjectTree(bus);
    this.#agents = new Agents(bus, () => {
      for (const adapter of this.#adapters.values()) adapter.agentsChanged();
    });
    this.#tree.add("/org/bluez", this.#agents);
  }

  /** Rejects with `bus-unavailable`. */
  static async start(ports: DaemonPorts, address: string, machines: readonly Machine[]): Promise<BluezDaemon> {
    // A client may call as soon as the name is there, which is before this function goes on.
    const early: BusCall[] = [];
    let daemon: BluezDaemon | null = null;
    const bus = await openServiceBus(address, "org.bluez", {
      called: (call) => {
        if (daemon === null) early.push(call);
        else daemon.#serve(call);
      },
      left: (client) => {
        if (daemon !== null) daemon.#left(client);
      },
    });
    const started = new BluezDaemon(ports, bus);
    daemon = started;
    for (const machine of machines) if (machine.isPlugged) started.plug(machine);
    for (const call of early) started.#serve(call);
    return started;
  }

  plug(machine: Machine): void {
    const { air, clock, habits } = this.#ports;
    const adapter = new Adapter({
      path: `/org/bluez/${machine.name}`,
      address: machine.address,
      known: machine.known,
      trouble: machine.trouble,
      tree: this.#tree,
      agents: this.#agents,
      air,
      clock,
      habits,
    });
    this.#adapters.set(machine.name, adapter);
  }

  /** A bond has come into the store by another way than pairing. */
  know({ name }: Machine, known: KnownDevice): void {
    this.#adapters.get(name)?.know(known);
  }

  unplug({ name }: Machine): void {
    this.#adapters.get(name)?.unplug();
    this.#adapters.delete(name);
  }

  async setPowered({ name }: Machine, isPowered: boolean): Promise<void> {
    await this.#adapters.get(name)?.setPowered(isPowered);
  }

  /** Dies as by SIGKILL: its name is gone from the bus, and nothing else is said. */
  die(): void {
    this.#isAlive = false;
    this.#bus.close();
    for (const adapter of this.#adapters.values()) adapter.forsake();
    this.#adapters.clear();
  }

  #serve(call: BusCall): void {
    void this.#answer(call).catch((error: unknown) => {
      if (this.#isAlive) throw error;
    });
  }

  async #answer(call: BusCall): Promise<void> {
    const { replyDelayMs } = this.#ports.habits;
    if (replyDelayMs > 0) await this.#ports.clock.sleep(replyDelayMs);
    await this.#tree.serve(call);
  }

  #left(client: string): void {
    this.#agents.left(client);
    for (const adapter of this.#adapters.values()) adapter.left(client);
  }
}
